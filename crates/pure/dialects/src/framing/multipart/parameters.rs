//! What stands behind the semicolons of `content-type` and `content-disposition`.

use super::flaw::MultipartFlaw;

/// Longest boundary (RFC 2046, section 5.1.1).
const BOUNDARY_BYTES_MAX: usize = 70;

/// What stands between the parts of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary(pub(super) Vec<u8>);

/// The boundary that a `content-type` names.
pub fn boundary_of(content_type: &[u8]) -> Result<Boundary, MultipartFlaw> {
    let (kind, rest) = split(content_type);
    if !kind.eq_ignore_ascii_case(b"multipart/form-data") {
        return Err(MultipartFlaw::Type("is not multipart/form-data"));
    }
    let parameters =
        parameters(rest).map_err(|_| MultipartFlaw::Type("has parameters that cannot be read"))?;
    let mut boundaries = parameters.iter().filter(|parameter| parameter.is("boundary"));
    let Some(boundary) = boundaries.next() else { return Err(MultipartFlaw::Type("names no boundary")) };
    let is_fine = (1..=BOUNDARY_BYTES_MAX).contains(&boundary.value.len())
        && boundary.value.iter().all(|byte| is_boundary_byte(*byte))
        && !boundary.value.ends_with(b" ");
    if boundaries.next().is_some() || parameters.iter().any(|parameter| parameter.is_extended("boundary")) {
        return Err(MultipartFlaw::Type("names more than one boundary"));
    }
    if !is_fine {
        return Err(MultipartFlaw::Type("names a boundary of characters that none may have, or too many"));
    }
    Ok(Boundary(boundary.value.to_vec()))
}

fn is_boundary_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte)
}

/// A name and its value.
#[derive(Debug)]
pub(super) struct Parameter<'a> {
    name: &'a [u8],
    pub(super) value: &'a [u8],
}

impl Parameter<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether it is the same in another coding or in parts (RFC 2231): a reader who knows these sees another value.
    pub(super) fn is_extended(&self, name: &str) -> bool {
        let (start, rest) = self.name.split_at(name.len().min(self.name.len()));
        start.eq_ignore_ascii_case(name.as_bytes()) && rest.starts_with(b"*")
    }
}

/// What stands before the first semicolon, and what behind it.
pub(super) fn split(value: &[u8]) -> (&[u8], &[u8]) {
    let end = value.iter().position(|byte| *byte == b';');
    let (kind, rest) = end.map_or((value, &[][..]), |end| (&value[..end], &value[end + 1..]));
    (kind.trim_ascii(), rest)
}

/// All parameters, in order. An escaped quote ends the text for some readers and not for others.
pub(super) fn parameters(mut rest: &[u8]) -> Result<Vec<Parameter<'_>>, &'static str> {
    let mut parameters = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Ok(parameters);
        }
        let Some(equals) = rest.iter().position(|byte| *byte == b'=') else {
            return Err("has a parameter without a value");
        };
        let name = rest[..equals].trim_ascii();
        if name.is_empty() || name.iter().any(|byte| b"\"; \t".contains(byte)) {
            return Err("has a parameter without a name");
        }
        let value = rest[equals + 1..].trim_ascii_start();
        let behind;
        let value = if let Some(quoted) = value.strip_prefix(b"\"") {
            let Some(end) = quoted.iter().position(|byte| *byte == b'"') else {
                return Err("has a quote that does not end");
            };
            if quoted[..end].ends_with(b"\\") {
                return Err("has an escaped quote; write it as %22");
            }
            let after = quoted[end + 1..].trim_ascii_start();
            behind = after.strip_prefix(b";").unwrap_or(after);
            if behind.len() == after.len() && !after.is_empty() {
                return Err("has something between a quote and the next parameter");
            }
            &quoted[..end]
        } else {
            let (token, after) = split(value);
            if token.iter().any(|byte| b"\" \t".contains(byte)) {
                return Err("has an unquoted parameter with a space or a quote in it");
            }
            behind = after;
            token
        };
        parameters.push(Parameter { name, value });
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::{MultipartFlaw, boundary_of};

    #[test]
    fn the_boundary_is_found_quoted_or_not() {
        let check = |content_type: &str, expected: &str| {
            let boundary = boundary_of(content_type.as_bytes()).map(|boundary| boundary.0);
            assert_eq!(boundary.as_deref(), Ok(expected.as_bytes()), "{content_type}");
        };
        check("multipart/form-data; boundary=abc", "abc");
        check("Multipart/Form-Data;BOUNDARY=\"a b:c\" ; charset=utf-8", "a b:c");
        check("multipart/form-data; charset=\"utf-8\"; boundary=----WebKit/x=;", "----WebKit/x=");
    }

    #[test]
    fn a_boundary_that_two_read_differently_is_none() {
        for (content_type, why) in [
            ("application/json", "is not multipart/form-data"),
            ("multipart/mixed; boundary=a", "is not multipart/form-data"),
            ("multipart/form-data", "names no boundary"),
            ("multipart/form-data; boundary=a; boundary=b", "names more than one boundary"),
            ("multipart/form-data; boundary=a; boundary*0=b", "names more than one boundary"),
            ("multipart/form-data; boundary=\"a\\\"b\"", "has parameters that cannot be read"),
            ("multipart/form-data;; boundary=a", "has parameters that cannot be read"),
            ("multipart/form-data; boundary=a b", "has parameters that cannot be read"),
            (
                "multipart/form-data; boundary=\"\"",
                "names a boundary of characters that none may have, or too many",
            ),
            (
                "multipart/form-data; boundary=\"a \"",
                "names a boundary of characters that none may have, or too many",
            ),
        ] {
            let found = boundary_of(content_type.as_bytes());
            assert_eq!(found, Err(MultipartFlaw::Type(why)), "{content_type}");
        }
        assert!(boundary_of(format!("multipart/form-data; boundary={}", "x".repeat(71)).as_bytes()).is_err());
    }
}
