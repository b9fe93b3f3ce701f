//! One row of the list of routes.

use std::sync::Arc;

use axum::routing::MethodRouter;
use http::Method;

use crate::parts::AdminParts;

/// Method, path below `/admin/v1`, and what answers there.
pub(crate) type Route = (Method, &'static str, fn() -> MethodRouter<Arc<AdminParts>>);
