//! A node notices, and says, when its peer goes before the answer is whole.

use serde_json::json;
use simulator::{Fault, Outcome};
use tokio::time::timeout;

use crate::raw_client::{PATIENCE, RawClient, chat, one_node};

const CHAT: &str = "/v1/chat/completions";

async fn hang_up_during(fault: &str, read: usize) -> simulator::Record {
    let (_simulator, node) = one_node().await;
    node.add_fault(fault.parse::<Fault>().unwrap()).await.unwrap();
    let mut client = RawClient::connect(node.address()).await;
    client.post(CHAT, &chat("hello", true)).await;
    client.read_exactly(read).await;
    timeout(PATIENCE, node.records_when(|records| records.len() == 1)).await.unwrap();
    assert_eq!(node.records()[0].outcome, None);
    drop(client);
    let ended = node.records_when(|records| records[0].outcome.is_some());
    let record = timeout(PATIENCE, ended).await.unwrap().remove(0);
    assert_eq!(node.counters().peer_gone, 1);
    record
}

#[tokio::test]
async fn before_the_first_byte() {
    let record = hang_up_during("hang", 0).await;
    assert_eq!((record.outcome, record.sent_bytes, record.status), (Some(Outcome::PeerGone), 0, None));
}

#[tokio::test]
async fn in_the_middle_of_a_stream() {
    let record = hang_up_during("stall=3", 100).await;
    assert_eq!((record.outcome, record.status), (Some(Outcome::PeerGone), Some(200)));
    assert!(record.sent_bytes > 100 && record.ended_at_ms.unwrap() > record.at_ms);
}

#[tokio::test]
async fn a_peer_that_does_not_read_holds_the_stream_up() {
    let (_simulator, node) = one_node().await;
    node.add_fault("huge=20000000".parse::<Fault>().unwrap()).await.unwrap();
    let mut client = RawClient::connect(node.address()).await;
    client.post(CHAT, &chat("hello", false)).await;
    client.read_exactly(10).await;
    drop(client);
    let ended = node.records_when(|records| records.first().is_some_and(|record| record.outcome.is_some()));
    let record = timeout(PATIENCE, ended).await.unwrap().remove(0);
    assert_eq!(record.outcome, Some(Outcome::PeerGone));
    assert!(record.sent_bytes < 20_000_000, "{}", record.sent_bytes);
}

#[tokio::test]
async fn what_we_break_off_is_told_apart() {
    let (_simulator, node) = one_node().await;
    node.patch(&json!({ "answer_tokens": 4 })).unwrap();
    node.add_fault("cut=2".parse::<Fault>().unwrap()).await.unwrap();
    let mut client = RawClient::connect(node.address()).await;
    client.post(CHAT, &chat("hello", true)).await;
    client.answer().await;
    let ended = node.records_when(|records| records[0].outcome.is_some());
    assert_eq!(timeout(PATIENCE, ended).await.unwrap()[0].outcome, Some(Outcome::Broken));
}
