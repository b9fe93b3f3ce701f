//! `GET /v1/reports/daily`: what the calls of a key's project came to in a day.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use store::{Dimension, Reach, ReportQuery};

use super::caller::Caller;
use crate::asked::{Asked, query};
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::reporting::{Said, day};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    date: Option<String>,
    tz: Option<String>,
}

pub(super) async fn daily(
    State(parts): State<Arc<AdminParts>>,
    Extension(caller): Extension<Caller>,
    wanted: Asked<Wanted>,
) -> Result<Response, Refusal> {
    let wanted = query(wanted)?;
    let said = Said { date: wanted.date.as_deref(), tz: wanted.tz.as_deref(), ..Said::default() };
    let project = (Dimension::Project, caller.key.project().as_str().to_owned());
    let reach = Reach::within([caller.key.organisation().clone()]);
    let query = ReportQuery {
        equal: vec![project],
        organisations: Some(vec![caller.key.organisation().clone()]),
        ..ReportQuery::default()
    };
    day(&parts, &said, query, &reach, false).await
}
