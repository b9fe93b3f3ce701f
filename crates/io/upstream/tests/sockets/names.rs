//! Host names: looked up once, remembered, and used on while the resolver fails. Time stands still until a test moves it.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use domain::BaseUrl;
use futures_util::FutureExt;
use tokio::join;
use tokio::task::spawn_blocking;
use tokio::time::{advance, pause};
use upstream::{Client, Line, LineOptions, Reply, Resolver, SendFailure};

use crate::server::{LONG, Server, ask};

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
const FRESH: Duration = Duration::from_secs(30);
const STALE: Duration = Duration::from_secs(3600);

/// How the resolver behaves right now.
#[derive(Clone)]
enum Mood {
    Finds(Vec<IpAddr>),
    Fails,
    IsSilent,
}

/// A resolver that a test steers, and a server that is found by name.
struct World {
    server: Server,
    line: Arc<Line>,
    client: Client,
    mood: Rc<RefCell<Mood>>,
    asked: Rc<Cell<u32>>,
    _stillness: Sender<()>,
}

impl World {
    async fn start() -> Self {
        let server = Server::start().await;
        let mood = Rc::new(RefCell::new(Mood::Finds(vec![[127, 0, 0, 1].into()])));
        let asked = Rc::new(Cell::new(0));
        let client = Client::with_resolver(resolver(mood.clone(), asked.clone()));
        let line = named(&server, "host.example");
        pause();
        // A paused clock leaps to the next timer whenever nothing seems to happen, but not while a thread is at work.
        let (stillness, end) = channel();
        spawn_blocking(move || end.recv());
        Self { server, line, client, mood, asked, _stillness: stillness }
    }

    fn is_now(&self, mood: Mood) {
        *self.mood.borrow_mut() = mood;
    }

    /// Asks once on a new connection.
    async fn ask(&self) -> Result<Reply, SendFailure> {
        let serve = async { self.server.accept().await.answer(ANSWER).await };
        let asking = ask(&self.client, &self.line);
        tokio::pin!(asking, serve);
        tokio::select! {
            // Whoever cannot resolve never connects.
            failed = &mut asking => failed,
            () = &mut serve => asking.await,
        }
    }

    /// How often the resolver was asked since the last time.
    fn lookups(&self) -> u32 {
        self.asked.replace(0)
    }
}

fn named(server: &Server, host: &str) -> Arc<Line> {
    let base = BaseUrl::parse(&format!("http://{host}:{}", server.line.base().port())).unwrap();
    let usual = server.line.options().clone();
    Line::new(LineOptions { base, dns_fresh: FRESH, dns_stale: STALE, ..usual }, 0).unwrap()
}

fn resolver(mood: Rc<RefCell<Mood>>, asked: Rc<Cell<u32>>) -> Resolver {
    Rc::new(move |_| {
        asked.set(asked.get() + 1);
        let mood = mood.borrow().clone();
        Box::pin(async move {
            // A real one answers later, not at once.
            tokio::task::yield_now().await;
            match mood {
                Mood::Finds(addresses) => Ok(addresses),
                Mood::Fails => Err(io::Error::other("no resolver")),
                Mood::IsSilent => pending().await,
            }
        })
    })
}

#[tokio::test]
async fn a_name_is_looked_up_once_while_its_answer_is_fresh() {
    let world = World::start().await;
    for _ in 0..3 {
        world.ask().await.unwrap();
    }
    assert_eq!(world.lookups(), 1);
    advance(FRESH).await;
    world.ask().await.unwrap();
    assert_eq!(world.lookups(), 1, "looked up again once it is no longer fresh");
}

#[tokio::test]
async fn an_address_is_never_looked_up() {
    let world = World::start().await;
    let serve = async { world.server.accept().await.answer(ANSWER).await };
    let (reply, ()) = join!(ask(&world.client, &world.server.line), serve);
    assert!(reply.is_ok());
    assert_eq!(world.lookups(), 0);
}

#[tokio::test]
async fn many_who_ask_at_once_make_one_lookup() {
    let world = World::start().await;
    let serve = async {
        for _ in 0..3 {
            world.server.accept().await.answer(ANSWER).await;
        }
    };
    let (client, line) = (&world.client, &world.line);
    let (one, two, three, ()) = join!(ask(client, line), ask(client, line), ask(client, line), serve);
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(world.lookups(), 1);
}

#[tokio::test]
async fn a_lookup_outlives_whoever_began_it() {
    let world = World::start().await;
    // Dropped after its first step.
    assert!(ask(&world.client, &world.line).now_or_never().is_none());
    world.ask().await.unwrap();
    assert_eq!(world.lookups(), 1);
}

#[tokio::test]
async fn an_old_answer_is_used_while_the_resolver_fails() {
    let world = World::start().await;
    world.ask().await.unwrap();
    world.is_now(Mood::Fails);
    advance(FRESH).await;
    world.ask().await.unwrap();
    world.ask().await.unwrap();
    assert_eq!(world.lookups(), 2, "a resolver that failed is left alone for a second");
    advance(Duration::from_secs(2)).await;
    world.ask().await.unwrap();
    assert_eq!(world.lookups(), 1);
    advance(STALE).await;
    let failure = world.ask().await.unwrap_err();
    assert_eq!(failure.to_string(), "cannot resolve host.example: no resolver");
    assert!(failure.is_unsent());
}

#[tokio::test]
async fn a_silent_resolver_is_waited_for_a_moment_and_by_one_only() {
    let world = World::start().await;
    world.ask().await.unwrap();
    world.is_now(Mood::IsSilent);
    advance(FRESH).await;
    let (reply, ()) = join!(world.ask(), advance(Duration::from_millis(201)));
    assert!(reply.is_ok());
    world.ask().await.expect("time stands still: nobody waits any more");
    assert_eq!(world.lookups(), 2);
    // Given up after a minute: another is begun, and answers.
    world.is_now(Mood::Finds(vec![[127, 0, 0, 1].into()]));
    advance(Duration::from_secs(60)).await;
    world.ask().await.unwrap();
    world.ask().await.unwrap();
    assert_eq!(world.lookups(), 1);
}

#[tokio::test]
async fn a_silent_resolver_without_an_older_answer_costs_the_connect_limit() {
    let world = World::start().await;
    world.is_now(Mood::IsSilent);
    let (reply, ()) = join!(world.ask(), advance(LONG + Duration::from_millis(1)));
    let failure = reply.unwrap_err();
    assert!(matches!(failure, SendFailure::ConnectTimeout { .. }), "{failure}");
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_looked_up_again() {
    let world = World::start().await;
    // Nobody listens at that address; the port is the server's.
    world.is_now(Mood::Finds(vec![[127, 9, 9, 9].into()]));
    let failure = world.ask().await.unwrap_err();
    assert!(matches!(failure, SendFailure::Connect { .. }), "{failure}");
    world.is_now(Mood::Finds(vec![[127, 9, 9, 9].into(), [127, 0, 0, 1].into()]));
    world.ask().await.unwrap();
    assert_eq!(world.lookups(), 2);
}

#[tokio::test]
async fn no_address_at_all_is_a_failure() {
    let world = World::start().await;
    world.is_now(Mood::Finds(Vec::new()));
    let failure = world.ask().await.unwrap_err();
    assert!(matches!(&failure, SendFailure::Resolve { host, .. } if host == "host.example"), "{failure}");
}

#[tokio::test]
async fn only_so_many_names_are_remembered() {
    let world = World::start().await;
    world.ask().await.unwrap();
    world.is_now(Mood::Finds(vec![[127, 9, 9, 9].into()]));
    for number in 0..1024 {
        advance(Duration::from_millis(1)).await;
        let line = named(&world.server, &format!("host-{number}.example"));
        ask(&world.client, &line).await.unwrap_err();
    }
    assert_eq!(world.lookups(), 1 + 1024);
    assert!(ask(&world.client, &world.line).await.is_err(), "the oldest was forgotten and is looked up anew");
    assert_eq!(world.lookups(), 1);
}
