//! What a caller asks about his own money that no worker knows: his key is looked at here, and the control plane answers.

use std::net::IpAddr;
use std::sync::Arc;

use domain::{Failure, Kind};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Method, Response};
use hyper::body::Incoming;
use store::KeyEntry;

use crate::answer::AnswerBody;
use crate::call::Call;
use crate::hand_over::hand_over;
use crate::pipeline::authenticate;

/// What is asked, and how. Balances where one-api has them, with and without `/v1`.
const PATHS: &[(&str, Method)] = &[
    ("/v1/dashboard/billing/subscription", Method::GET),
    ("/v1/dashboard/billing/usage", Method::GET),
    ("/dashboard/billing/subscription", Method::GET),
    ("/dashboard/billing/usage", Method::GET),
    ("/v1/reports/daily", Method::GET),
    ("/v1/vouchers/redeem", Method::POST),
];

/// With a request that is handed over: whose key it came with. Only a worker that has looked at the key makes one.
#[derive(Clone, Debug)]
pub struct ProvenCaller {
    /// His key.
    pub key: Arc<KeyEntry>,
    /// Where he is.
    pub address: IpAddr,
}

/// The method that a path of these answers to.
pub(crate) fn method_at(path: &str) -> Option<&'static Method> {
    PATHS.iter().find(|(known, _)| *known == path).map(|(_, method)| method)
}

/// Looks at the key and hands the rest over, without it.
pub(crate) async fn ask(
    call: &mut Call,
    head: &Parts,
    body: Incoming,
) -> Result<Response<AnswerBody>, Box<Failure>> {
    let gateway = call.worker.gateway.clone();
    authenticate(call, &gateway.serving(), &head.headers)?;
    let (Some(desk), Some(key)) = (&gateway.caller_desk, call.key.clone()) else {
        return Err(Failure::new(Kind::UnknownPath, "nobody here knows of money"));
    };
    let mut head = head.clone();
    for name in [AUTHORIZATION.as_str(), "x-api-key", "x-goog-api-key"] {
        head.headers.remove(name);
    }
    head.extensions.insert(ProvenCaller { key, address: call.caller });
    let answer = Box::pin(hand_over(desk, call, head, body)).await?;
    Ok(answer.map(AnswerBody::Channel))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::method_at;

    #[test]
    fn only_what_is_listed_is_handed_over() {
        assert_eq!(method_at("/v1/dashboard/billing/usage"), Some(&Method::GET));
        for path in
            ["/v1/dashboard/billing", "/v1/dashboard/billing/usage/", "/v1/dashboard/billing/../usage", "/"]
        {
            assert_eq!(method_at(path), None, "{path}");
        }
    }
}
