//! Looking again and again, until told to quit.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::look::Look;
use super::order::Order;
use super::screen::{Screen, Wake};
use crate::admin_client::AdminClient;
use crate::arguments::TopOptions;
use crate::environment;

const CTRL_C: u8 = 3;

/// What is shown, and how.
struct View {
    look: Look,
    order: Order,
    shows_all: bool,
    /// Why the last look failed: what is shown is older.
    trouble: Option<String>,
}

/// Shows what the server says, until `q` is pressed.
pub(super) fn watch(server: &AdminClient, first: Look, options: &TopOptions) -> Result<()> {
    let every = Duration::from_secs(options.interval);
    let mut view = View { look: first, order: Order::default(), shows_all: options.all, trouble: None };
    let mut screen = Screen::take(environment::variable("NO_COLOR").is_none())?;
    let mut next = Instant::now() + every;
    loop {
        let (columns, _) = Screen::size();
        screen.draw(&view.look.lines(view.order, view.shows_all, columns), &view.bottom())?;
        match screen.wait(next)? {
            Wake::Time => {
                view.look_again(server);
                next = Instant::now() + every;
            }
            Wake::Key(b'q' | b'Q' | CTRL_C) | Wake::Gone => return Ok(()),
            Wake::Key(b's') => view.order = view.order.next(),
            Wake::Key(b'a') => view.shows_all = !view.shows_all,
            Wake::Key(_) | Wake::Resized => {}
        }
    }
}

impl View {
    /// A server that restarts is waited for.
    fn look_again(&mut self, server: &AdminClient) {
        match Look::at(server) {
            Ok(look) => (self.look, self.trouble) = (look, None),
            Err(error) => self.trouble = Some(format!("{error:#}")),
        }
    }

    fn bottom(&self) -> String {
        match &self.trouble {
            Some(trouble) => format!("what you see is old: {trouble}   q quit"),
            None => {
                let all = if self.shows_all { "those that were asked" } else { "all" };
                format!("q quit   s sort (by {})   a show {all}", self.order.name())
            }
        }
    }
}
