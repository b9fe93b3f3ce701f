//! A panic in one request, on a real worker over real sockets: it harms that request and nothing else.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use config::{Overrides, Sources};
use domain::{BaseUrl, Secret};
use http::request::Parts;
use observe::{Format, Log, LogOptions, Metrics, Sink};
use simulator::{NodeOptions, Options, Simulator};
use store::{Asker, Database, KeyDesk, KeyHasher, NewKey};
use tokio::runtime::Runtime;

use crate::{Gateway, GatewayParts, Serving, Workers, start_workers, wall_clock};

const KEY: &str = "sk-for-this-test-only";
const PANIC_HEADER: &str = "x-test-panic";

/// The fault this test is about; it exists in tests only.
pub(super) fn panic_if_asked(head: &Parts) {
    assert!(!head.headers.contains_key(PANIC_HEADER), "this panic is the test");
}

/// A gateway with one worker in front of one simulated provider.
pub(super) struct Fixture {
    pub(super) gateway: Arc<Gateway>,
    workers: Option<Workers>,
    address: SocketAddr,
    _simulator: Simulator,
    _control: Runtime,
}

impl Fixture {
    pub(super) fn start() -> Self {
        let control =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (simulator, desk) = control.block_on(async {
            let options = Options { nodes: vec![NodeOptions::new("local")], control: None, seed: 1 };
            let hasher = KeyHasher::new(&[7; 32]);
            let store = Database::in_memory(&hasher).await.unwrap();
            let desk = KeyDesk::open(Box::new(store), hasher, "bw_").await.unwrap();
            let verbatim = Some(Secret::new(KEY.to_owned()));
            desk.create(
                NewKey { verbatim, ..NewKey::named("test") },
                &Asker::operator("a test"),
                wall_clock(),
            )
            .await
            .unwrap();
            (simulator::start(options).await.unwrap(), desk)
        });
        let overrides = Overrides { listen: Some("127.0.0.1:0".to_owned()), ..Overrides::default() };
        let sources = Sources {
            text: None,
            catalog: None,
            env: &|_| None,
            env_names: Vec::new(),
            read_file: &|_| Err("there are no files here".to_owned()),
            stored: &|_| config::Stored::NotOpen,
            overrides,
        };
        let base = BaseUrl::parse(&simulator.nodes()[0].base_url()).unwrap();
        let snapshot = config::check(&sources).unwrap().with_demo(base, vec!["gpt-test".to_owned()]);
        let options = LogOptions {
            format: Format::Json,
            sink: Sink::File("/dev/null".into()),
            queue_batches_max: 4,
            now: wall_clock,
        };
        let (log, _thread) = Log::start(&options).unwrap();
        let gateway = Gateway::new(GatewayParts {
            serving: Serving::new(&snapshot, None).unwrap(),
            keys: desk.directory(),
            hasher: desk.hasher(),
            metrics: Metrics::new("test".to_owned(), 1),
            log,
            workers: 1,
            epoch: 1,
            node: 0,
            control: None,
            caller_desk: None,
            descriptors_max: None,
            switches: Vec::new(),
            answers: None,
            rows: None,
            body_room: crate::BodyRoom {
                memory_bytes_max: None,
                spool_dir: std::env::temp_dir(),
                spool_bytes_max: 0,
            },
        });
        let listener = crate::bind(&snapshot.listeners[0], &mut crate::InheritedSockets::default()).unwrap();
        let address = listener.address();
        let workers = start_workers(&gateway, vec![listener]).unwrap();
        Self { gateway, workers: Some(workers), address, _simulator: simulator, _control: control }
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    pub(super) fn metric(&self, line_start: &str) -> String {
        let text = self.gateway.metrics.render(&[]);
        text.lines().find(|line| line.starts_with(line_start)).unwrap_or_default().to_owned()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if let Some(workers) = self.workers.take() {
            workers.stop();
        }
    }
}

pub(super) fn ask(stream: &mut TcpStream, extra: &str, body: &str) {
    let head =
        format!("POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {KEY}\r\n{extra}");
    write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
}

/// Reads until `end` has come.
pub(super) fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains(end) {
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "closed before {end:?}: {text}");
        text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
    }
    text
}

#[test]
fn a_panic_ends_its_own_request_only() {
    let fixture = Fixture::start();
    let plain = r#"{"model":"gpt-test","messages":[{"role":"user","content":"hi"}]}"#;
    let streamed = plain.replace("\"messages\"", "\"stream\":true,\"messages\"");
    let (mut running, mut panicking) = (fixture.connect(), fixture.connect());
    ask(&mut running, "", &streamed);
    read_until(&mut running, "data: ");

    ask(&mut panicking, "x-test-panic: 1\r\n", plain);
    let refusal = read_until(&mut panicking, "}}");
    assert!(
        refusal.starts_with("HTTP/1.1 500") && refusal.contains("\"code\":\"internal_error\""),
        "{refusal}"
    );
    assert!(!refusal.contains("this panic is the test"), "{refusal}");

    // The stream that ran meanwhile ends whole, and the worker goes on serving.
    read_until(&mut running, "data: [DONE]");
    let mut next = fixture.connect();
    ask(&mut next, "", plain);
    assert!(read_until(&mut next, "\"usage\"").starts_with("HTTP/1.1 200"));
    assert!(fixture.metric("ai_gateway_panics_total").ends_with(" 1"));
    assert!(fixture.metric("ai_gateway_in_flight{service=\"test\",streaming=\"true\"}").ends_with(" 0"));
}
