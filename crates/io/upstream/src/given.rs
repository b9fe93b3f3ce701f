//! A network that a test gives in the place of the system's: each connection is a stream of its own making. It stands
//! behind the feature `given-network`, which no build for production has.

use std::fmt::Debug;
use std::io;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::line::Line;

/// A connection as a test makes it.
pub trait GivenStream: AsyncRead + AsyncWrite + Debug + Unpin {}

impl<S: AsyncRead + AsyncWrite + Debug + Unpin> GivenStream for S {}

/// A connection that is being opened.
pub type GivenDialling = LocalBoxFuture<'static, io::Result<Box<dyn GivenStream>>>;

/// Opens a connection to where a line leads. Names, proxies and TLS are left out; the time limit is not.
pub type GivenNetwork = Rc<dyn Fn(&Line) -> GivenDialling>;
