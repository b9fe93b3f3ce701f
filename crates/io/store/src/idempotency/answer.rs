//! An answer as it is kept: what its caller saw of it.
//!
//! Status (u16), whether it is a stream (u8), count of headers (u16), each as a length (u16) and a name, a length (u32) and a value; the rest is the body.

/// Before the headers.
const FIXED_BYTES: usize = 5;
/// Room for what sealing adds, so that a large answer is not moved for it.
const TAG_BYTES: usize = 16;

/// Status, headers and body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The status.
    pub status: u16,
    /// Whether it was a stream.
    pub is_stream: bool,
    /// The headers in their order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl KeptAnswer {
    /// As bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len() + 6).sum::<usize>();
        let mut out = Vec::with_capacity(FIXED_BYTES + headers + self.body.len() + TAG_BYTES);
        out.extend_from_slice(&self.status.to_le_bytes());
        out.push(u8::from(self.is_stream));
        out.extend_from_slice(&(self.headers.len() as u16).to_le_bytes());
        for (name, value) in &self.headers {
            out.extend_from_slice(&(name.len() as u16).to_le_bytes());
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(&(value.len() as u32).to_le_bytes());
            out.extend_from_slice(value);
        }
        out.extend_from_slice(&self.body);
        out
    }

    /// What was written; `None` if it is not that.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let status = u16::from_le_bytes(take(&mut rest)?);
        let [is_stream] = take(&mut rest)?;
        let count = u16::from_le_bytes(take(&mut rest)?);
        let mut headers = Vec::with_capacity(count.into());
        for _ in 0..count {
            let name_bytes = u16::from_le_bytes(take(&mut rest)?).into();
            let name = std::str::from_utf8(cut(&mut rest, name_bytes)?).ok()?.to_owned();
            let value_bytes = u32::from_le_bytes(take(&mut rest)?) as usize;
            headers.push((name, cut(&mut rest, value_bytes)?.to_vec()));
        }
        Some(Self { status, is_stream: is_stream != 0, headers, body: rest.to_vec() })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

fn cut<'b>(rest: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::KeptAnswer;

    #[test]
    fn what_is_written_is_read_and_half_of_it_is_not() {
        let answer = KeptAnswer {
            status: 201,
            is_stream: true,
            headers: vec![("content-type".to_owned(), b"text/plain".to_vec()), ("a".to_owned(), vec![0xff])],
            body: b"hello".to_vec(),
        };
        let bytes = answer.bytes();
        assert_eq!(KeptAnswer::read(&bytes).as_ref(), Some(&answer));
        for cut in 0..bytes.len() - answer.body.len() {
            assert_eq!(KeptAnswer::read(&bytes[..cut]), None, "cut at {cut}");
        }
    }
}
