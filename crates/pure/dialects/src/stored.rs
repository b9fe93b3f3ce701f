//! The paths of answers that a provider keeps. Each is served with and without `/v1`.

/// Longest id of an answer.
pub const RESPONSE_ID_BYTES_MAX: usize = 128;
const RESPONSES: &str = "/responses/";

/// What can be done with an answer that is kept: behind its id, by which methods.
const ACTIONS: &[(&str, &[&str], &str)] = &[
    ("", &["GET", "DELETE"], "GET, DELETE"),
    ("/cancel", &["POST"], "POST"),
    ("/input_items", &["GET"], "GET"),
];

/// A path that names an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredResponse<'p> {
    /// The answer.
    pub id: &'p str,
    /// Behind a provider's base URL.
    pub path: &'p str,
    /// What the path takes, for a caller who asks otherwise.
    pub allowed: &'static str,
    methods: &'static [&'static str],
}

impl StoredResponse<'_> {
    /// The method as a provider is sent it, if the path takes it.
    pub fn method(&self, asked: &str) -> Option<&'static str> {
        self.methods.iter().copied().find(|method| *method == asked)
    }
}

/// The answer that a path names, if it does.
pub fn stored_response_at(path: &str) -> Option<StoredResponse<'_>> {
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let named = path.strip_prefix(RESPONSES)?;
    let (id, action) = named.split_at(named.find('/').unwrap_or(named.len()));
    let (_, methods, allowed) = ACTIONS.iter().find(|(behind, ..)| *behind == action)?;
    let is_id = (1..=RESPONSE_ID_BYTES_MAX).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    is_id.then_some(StoredResponse { id, path, allowed, methods })
}

#[cfg(test)]
mod tests {
    use super::stored_response_at;

    #[test]
    fn an_answer_is_named_with_what_is_to_be_done() {
        let check = |path: &str, id: &str, sent: &str, methods: &[&'static str]| {
            let found = stored_response_at(path).unwrap();
            assert_eq!((found.id, found.path, found.methods), (id, sent, methods), "{path}");
        };
        check("/v1/responses/resp_1", "resp_1", "/responses/resp_1", &["GET", "DELETE"]);
        check("/responses/resp-1/cancel", "resp-1", "/responses/resp-1/cancel", &["POST"]);
        check("/v1/responses/r/input_items", "r", "/responses/r/input_items", &["GET"]);
    }

    #[test]
    fn nothing_else_is_an_answer() {
        let long = format!("/v1/responses/{}", "r".repeat(129));
        for path in [
            "/v1/responses",
            "/v1/responses/",
            "/v1/responses//cancel",
            "/v1/responses/a/b",
            "/v1/responses/a/cancel/",
            "/v1/responses/..",
            "/v1/responses/a%2f..",
            "/v2/responses/a",
            &long,
        ] {
            assert_eq!(stored_response_at(path), None, "{path}");
        }
    }
}
