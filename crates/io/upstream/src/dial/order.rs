//! In what order the addresses of a host are tried.

use std::net::IpAddr;

/// As the resolver gave them, but the two families by turns (RFC 8305, section 4): where one of them leads nowhere, not all of
/// its addresses stand in the way.
pub(super) fn by_turns(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let Some(first) = addresses.first() else { return Vec::new() };
    let (like_first, others): (Vec<IpAddr>, Vec<IpAddr>) =
        addresses.iter().partition(|address| address.is_ipv4() == first.is_ipv4());
    let mut others = others.into_iter();
    let mut ordered = Vec::with_capacity(addresses.len());
    for address in like_first {
        ordered.push(address);
        ordered.extend(others.next());
    }
    ordered.extend(others);
    ordered
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::by_turns;

    #[test]
    fn families_take_turns_and_each_keeps_its_order() {
        let check = |given: &str, expected: &str| {
            let read =
                |text: &str| text.split_whitespace().map(|it| it.parse().unwrap()).collect::<Vec<IpAddr>>();
            assert_eq!(by_turns(&read(given)), read(expected));
        };
        check("", "");
        check("::1 ::2 ::3 10.0.0.1", "::1 10.0.0.1 ::2 ::3");
        check("10.0.0.1 ::1 ::2 ::3", "10.0.0.1 ::1 ::2 ::3");
        check("10.0.0.1 10.0.0.2", "10.0.0.1 10.0.0.2");
    }
}
