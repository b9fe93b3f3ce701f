//! What goes wrong before a request is read.

use std::io::ErrorKind;

use simulator::Fault;
use tokio::net::TcpStream;

use crate::raw_client::{End, PATIENCE, RawClient, ask, chat, one_node};

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn a_refusing_node_looks_dead_and_comes_back_on_the_same_port() {
    let (_simulator, node) = one_node().await;
    let mut kept = RawClient::connect(node.address()).await;
    kept.post(CHAT, &chat("hello", false)).await;
    kept.answer().await;

    node.add_fault("refuse".parse::<Fault>().unwrap()).await.unwrap();
    let refused = TcpStream::connect(node.address()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(kept.read_to_end(PATIENCE).await, (Vec::new(), End::File));

    node.clear_faults().await;
    assert_eq!(ask(&node, CHAT, &chat("hello", false)).await.status, 200);
}

#[tokio::test]
async fn a_node_may_refuse_from_the_start() {
    let mut options = simulator::NodeOptions::new("eu");
    options.faults.push("refuse".parse().unwrap());
    let (_simulator, node) = crate::raw_client::one_node_with(options).await;
    assert!(TcpStream::connect(node.address()).await.is_err());
}

#[tokio::test]
async fn a_connection_may_be_reset_on_accept() {
    let (_simulator, node) = one_node().await;
    node.add_fault("reset_on_accept".parse::<Fault>().unwrap().times(1).unwrap()).await.unwrap();
    let mut client = RawClient::connect(node.address()).await;
    assert_eq!(client.read_to_end(PATIENCE).await, (Vec::new(), End::Reset));
    assert_eq!(ask(&node, CHAT, &chat("hello", false)).await.status, 200);
    assert_eq!((node.counters().connections, node.counters().requests), (2, 1));
}

#[tokio::test]
async fn dropping_the_simulator_closes_everything() {
    let (simulator, node) = one_node().await;
    let mut client = RawClient::connect(node.address()).await;
    client.post(CHAT, &chat("hello", false)).await;
    client.answer().await;
    simulator.stop().await;
    assert_eq!(client.read_to_end(PATIENCE).await, (Vec::new(), End::File));
    assert!(TcpStream::connect(node.address()).await.is_err());
}

#[tokio::test]
async fn two_nodes_need_two_names_and_a_taken_port_is_said() {
    let (_simulator, node) = one_node().await;
    let twice = vec![simulator::NodeOptions::new("eu"), simulator::NodeOptions::new("eu")];
    let start = async |nodes| {
        let options = simulator::Options { nodes, control: None, seed: 0 };
        simulator::start(options).await.unwrap_err().to_string()
    };
    assert!(start(twice).await.contains("two nodes are called \"eu\""));
    let mut taken = simulator::NodeOptions::new("us");
    taken.listen = node.address();
    assert!(start(vec![taken]).await.contains(&format!("cannot listen on {}", node.address())));
}
