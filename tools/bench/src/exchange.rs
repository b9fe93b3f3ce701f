//! One request over one connection, waiting for its whole answer.

use std::io::{Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::reply::Reply;
use crate::target::{READ_BUFFER_BYTES, Target};

/// The shape of the stream a probe asks for: five events, no delay.
pub(crate) const PROBE_EVENTS: usize = 5;

const READ_TIMEOUT: Duration = Duration::from_secs(10);
const BODY_BYTES: usize = 1024;

/// Status and raw bytes of the answer; `stream` gives the shape of a streamed one.
pub(crate) fn once(target: &Target, stream: Option<usize>) -> Result<(u16, Vec<u8>)> {
    let mut socket = TcpStream::connect(&target.address)?;
    socket.set_read_timeout(Some(READ_TIMEOUT))?;
    socket.write_all(&target.request(BODY_BYTES, stream))?;
    let (mut reply, mut answer) = (Reply::default(), Vec::new());
    let mut buffer = vec![0u8; READ_BUFFER_BYTES];
    loop {
        let count = socket.read(&mut buffer)?;
        answer.extend_from_slice(&buffer[..count]);
        if count == 0 || reply.take(&buffer[..count], true) {
            return Ok((reply.status, answer));
        }
    }
}
