//! The control port: steers a running simulator and shows what its nodes received, over plain HTTP and JSON.
//!
//! It is for tests: whoever reaches the port may do everything.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::fault::Fault;
use crate::http::{Connection, Request};
use crate::listener::{plain_script, refuse};
use crate::misbehaviour::{Ending, SYNTAX};
use crate::node::{Node, ms_since};
use crate::player::{Played, play};
use crate::recorder::Record;
use crate::reply::Reply;

/// Most callers at once; further ones wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 256;

const ROUTES: &[&str] = &[
    "GET /nodes",
    "GET /nodes/{name}",
    r#"PUT /nodes/{name} {"latency_ms": {"p50": 20, "p99": 200}}"#,
    r#"POST /nodes/{name}/faults {"fault": "status=500", "times": 2, "rate": 0.3}"#,
    "DELETE /nodes/{name}/faults",
    "GET /nodes/{name}/requests",
    "DELETE /nodes/{name}/requests",
    "POST /reset",
];

/// Everything that can be steered.
#[derive(Debug)]
pub(crate) struct Panel {
    pub(crate) nodes: Vec<Arc<Node>>,
    pub(crate) seed: u64,
    pub(crate) started: Instant,
}

/// Serves the control port until dropped.
pub(crate) async fn serve(panel: Arc<Panel>, listener: TcpListener) {
    let mut callers = JoinSet::new();
    loop {
        tokio::select! {
            _ = callers.join_next(), if !callers.is_empty() => {}
            accepted = listener.accept(), if callers.len() < CONNECTIONS_MAX => {
                if let Ok((stream, _)) = accepted {
                    callers.spawn(converse(Arc::clone(&panel), Connection::new(stream)));
                }
            }
        }
    }
}

async fn converse(panel: Arc<Panel>, mut connection: Connection) {
    loop {
        let request = match connection.next_request().await {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(error) => return refuse(connection, &error).await,
        };
        let reply = match answer(&panel, &request).await {
            Ok(value) => Reply::json(200, value),
            Err((status, message)) => Reply::json(status, json!({ "error": message })),
        };
        let script = plain_script(&reply, request.keeps_alive);
        match play(&mut connection, &script, |_| (), || ()).await {
            Played::ToTheEnd(Ending::KeepAlive) => {}
            Played::ToTheEnd(_) => return connection.close().await,
            Played::PeerGone => return,
        }
    }
}

async fn answer(panel: &Panel, request: &Request) -> Result<Value, (u16, String)> {
    let parts: Vec<&str> = request.path().trim_matches('/').split('/').collect();
    let bad = |problem: String| (400, problem);
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", [""]) => Ok(help()),
        ("GET", ["nodes"]) => Ok(panel.json()),
        ("POST", ["reset"]) => {
            for node in &panel.nodes {
                node.reset().await;
            }
            Ok(panel.json())
        }
        ("GET", ["nodes", name]) => Ok(panel.node(name)?.json()),
        ("PUT" | "POST" | "PATCH", ["nodes", name]) => {
            let node = panel.node(name)?;
            node.patch(&json_body(request)?).map_err(bad)?;
            Ok(node.json())
        }
        ("POST", ["nodes", name, "faults"]) => {
            let node = panel.node(name)?;
            let fault = Fault::from_json(&json_body(request)?).map_err(bad)?;
            node.add_fault(fault).await.map_err(bad)?;
            Ok(node.json())
        }
        ("DELETE", ["nodes", name, "faults"]) => {
            let node = panel.node(name)?;
            node.clear_faults().await;
            Ok(node.json())
        }
        ("GET", ["nodes", name, "requests"]) => {
            let records: Vec<Value> = panel.node(name)?.records().iter().map(Record::json).collect();
            Ok(json!({ "uptime_ms": ms_since(panel.started), "requests": records }))
        }
        ("DELETE", ["nodes", name, "requests"]) => {
            panel.node(name)?.clear_records();
            Ok(json!({ "requests": [] }))
        }
        (method, _) => Err((
            404,
            format!("nothing answers to {method} {}; there are: {}", request.path(), ROUTES.join(", ")),
        )),
    }
}

fn json_body(request: &Request) -> Result<Value, (u16, String)> {
    serde_json::from_slice(&request.body).map_err(|error| (400, format!("the body is no JSON: {error}")))
}

fn help() -> Value {
    let faults: serde_json::Map<String, Value> =
        SYNTAX.iter().map(|(syntax, meaning)| ((*syntax).to_owned(), json!(meaning))).collect();
    json!({ "routes": ROUTES, "faults": faults })
}

impl Panel {
    fn node(&self, name: &str) -> Result<&Arc<Node>, (u16, String)> {
        self.nodes.iter().find(|node| node.name() == name).ok_or_else(|| {
            let names: Vec<&str> = self.nodes.iter().map(|node| node.name()).collect();
            (404, format!("no node is called {name:?}; there are: {}", names.join(", ")))
        })
    }

    fn json(&self) -> Value {
        json!({
            "seed": self.seed,
            "uptime_ms": ms_since(self.started),
            "nodes": self.nodes.iter().map(|node| node.json()).collect::<Vec<_>>(),
        })
    }
}
