//! What the kernel knows of a TCP connection: whether the other host has acknowledged what was sent, and how far away it is.
//! What follows from that is not known here.
//!
//! The only file of the product with `unsafe` code: neither std nor a crate of the tree offers `TCP_INFO` (tcp(7)), see
//! `docs/decisions/0021`. Its one call is given a live socket and memory of its own, and keeps neither.

use std::time::Duration;

use tokio::net::TcpStream;

/// What the kernel knows of the path to the other host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathSeen {
    /// Segments that were sent and not acknowledged.
    pub unacknowledged: u32,
    /// Bytes that were handed to the kernel and not acknowledged; 0 where it does not know.
    pub outstanding: u64,
    /// How often the oldest of them was sent again.
    pub sent_again: u32,
    /// Since a packet came that could acknowledge something: also one that the other host sends again, hearing nothing of us.
    pub unheard: Duration,
    /// From us to the host and back: the shortest of late, where the kernel knows it. The smoothed one holds how long the host
    /// puts its acknowledgements off.
    pub round_trip: Duration,
}

/// What the kernel says of `tcp`; nothing where it cannot be asked.
#[cfg(target_os = "linux")]
pub(crate) fn look(tcp: &TcpStream) -> Option<PathSeen> {
    linux::read(tcp).map(linux::seen)
}

/// Elsewhere nobody looks: the limits for connecting and for a first byte remain.
#[cfg(not(target_os = "linux"))]
pub(crate) const fn look(_: &TcpStream) -> Option<PathSeen> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::mem::size_of;
    use std::os::fd::AsRawFd;
    use std::time::Duration;

    use libc::{IPPROTO_TCP, TCP_INFO, c_int, socklen_t};
    use tokio::net::TcpStream;

    use super::PathSeen;

    /// `struct tcp_info` (linux/tcp.h) as words of 32 bits: all that is read here lies at a multiple of four bytes, where it
    /// has been since it is there. A kernel fills in what it knows of it, and says how much that is.
    type Words = [u32; 64];

    /// Four single bytes; the third counts how often the oldest segment was sent again for want of an acknowledgement.
    const STATE: usize = 0;
    const RETRANSMITS_BYTE: usize = 2;
    /// Segments that were sent and not acknowledged.
    const UNACKED: usize = 6;
    /// Milliseconds.
    const LAST_ACK_RECV: usize = 14;
    /// Microseconds, smoothed.
    const RTT: usize = 17;
    /// Microseconds, the least of late; all bits set before the first. Since Linux 4.6.
    const MIN_RTT: usize = 37;
    /// Of 64 bits each, at their lower address. The acknowledged ones count the first packet of the connection as one byte.
    const BYTES_ACKED: usize = 30;
    /// Since Linux 4.19, with those that were sent again.
    const BYTES_SENT: usize = 50;
    const BYTES_RETRANS: usize = 52;
    /// Handed over, and not sent for want of room at the other host or in the network.
    const NOTSENT_BYTES: usize = 36;

    pub(super) fn seen(words: Words) -> PathSeen {
        let shortest = Some(words[MIN_RTT]).filter(|micros| (1..u32::MAX).contains(micros));
        PathSeen {
            unacknowledged: words[UNACKED],
            outstanding: outstanding(&words),
            sent_again: words[STATE].to_ne_bytes()[RETRANSMITS_BYTE].into(),
            unheard: Duration::from_millis(words[LAST_ACK_RECV].into()),
            round_trip: Duration::from_micros(shortest.unwrap_or(words[RTT]).into()),
        }
    }

    fn outstanding(words: &Words) -> u64 {
        let acknowledged = wide(words, BYTES_ACKED).saturating_sub(1) + wide(words, BYTES_RETRANS);
        wide(words, BYTES_SENT).saturating_sub(acknowledged) + u64::from(words[NOTSENT_BYTES])
    }

    fn wide(words: &Words, place: usize) -> u64 {
        let [one, two] = [words[place], words[place + 1]].map(u64::from);
        if cfg!(target_endian = "little") { two << 32 | one } else { one << 32 | two }
    }

    #[expect(unsafe_code, reason = "TCP_INFO has no safe interface in std or in any crate of the tree")]
    pub(super) fn read(tcp: &TcpStream) -> Option<Words> {
        let mut words: Words = [0; 64];
        let mut length = size_of::<Words>() as socklen_t;
        // SAFETY: `tcp` is borrowed, so its descriptor is open until this returns. `words` and `length` are ours alone,
        // `length` is the size of `words` in bytes, the kernel writes no more than that and keeps no pointer, and any
        // bits are a valid `u32`.
        let outcome: c_int = unsafe {
            libc::getsockopt(
                tcp.as_raw_fd(),
                IPPROTO_TCP,
                TCP_INFO,
                words.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        let is_known = outcome == 0 && length as usize >= (RTT + 1) * size_of::<u32>();
        is_known.then_some(words)
    }

    #[cfg(test)]
    mod tests {
        use std::mem::offset_of;
        use std::time::Duration;

        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        use tokio::net::{TcpListener, TcpStream};

        use super::{
            BYTES_ACKED, BYTES_RETRANS, BYTES_SENT, LAST_ACK_RECV, MIN_RTT, NOTSENT_BYTES, RETRANSMITS_BYTE,
            RTT, UNACKED, Words, read, seen,
        };

        #[cfg(target_env = "gnu")]
        #[test]
        fn what_is_read_lies_where_the_kernel_puts_it() {
            use libc::tcp_info;

            assert_eq!(offset_of!(tcp_info, tcpi_retransmits), RETRANSMITS_BYTE);
            assert_eq!(offset_of!(tcp_info, tcpi_unacked), 4 * UNACKED);
            assert_eq!(offset_of!(tcp_info, tcpi_last_ack_recv), 4 * LAST_ACK_RECV);
            assert_eq!(offset_of!(tcp_info, tcpi_rtt), 4 * RTT);
            assert_eq!(offset_of!(tcp_info, tcpi_min_rtt), 4 * MIN_RTT);
            assert_eq!(offset_of!(tcp_info, tcpi_bytes_acked), 4 * BYTES_ACKED);
            assert_eq!(offset_of!(tcp_info, tcpi_bytes_sent), 4 * BYTES_SENT);
            assert_eq!(offset_of!(tcp_info, tcpi_bytes_retrans), 4 * BYTES_RETRANS);
            assert_eq!(offset_of!(tcp_info, tcpi_notsent_bytes), 4 * NOTSENT_BYTES);
        }

        #[test]
        fn the_shortest_round_trip_counts_where_it_is_known() {
            let mut words: Words = [0; 64];
            words[RTT] = 41_000;
            assert_eq!(seen(words).round_trip, Duration::from_millis(41), "an old kernel says no more");
            words[MIN_RTT] = u32::MAX;
            assert_eq!(seen(words).round_trip, Duration::from_millis(41), "nothing was measured yet");
            words[MIN_RTT] = 900;
            assert_eq!(seen(words).round_trip, Duration::from_micros(900));
        }

        #[tokio::test]
        async fn what_arrives_is_acknowledged_and_what_is_dropped_is_not() {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (mut other, _) = listener.accept().await.unwrap();
            tcp.write_all(b"one").await.unwrap();
            other.read_exact(&mut [0; 3]).await.unwrap();
            other.write_all(b"two").await.unwrap();
            // An answer acknowledges what it answers.
            tcp.read_exact(&mut [0; 3]).await.unwrap();
            let heard = seen(read(&tcp).unwrap());
            assert_eq!((heard.unacknowledged, heard.outstanding, heard.sent_again), (0, 0, 0));
            assert!(heard.round_trip > Duration::ZERO && heard.round_trip < Duration::from_secs(10));
            // A filter that takes no byte of any packet, as where a network drops them all.
            let drop_all = socket2::SockFilter::new((libc::BPF_RET | libc::BPF_K) as u16, 0, 0, 0);
            socket2::SockRef::from(&other).attach_filter(&[drop_all]).unwrap();
            tcp.write_all(b"three").await.unwrap();
            let unheard = seen(read(&tcp).unwrap());
            assert_eq!((unheard.unacknowledged, unheard.outstanding), (1, 5));
        }
    }
}
