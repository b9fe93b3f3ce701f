//! The URL of a server, and what of it is ours: how long an answer is waited for. The rest is the driver's.

use std::time::Duration;

use domain::Secret;

/// How long the next piece of an answer is waited for, where the URL does not say it.
const ANSWER_WAIT_S_DEFAULT: u64 = 90;
/// The longest that it may say.
const ANSWER_WAIT_S_MAX: u64 = 3_600;
/// Its name in the URL.
const ANSWER_WAIT: &str = "answer_wait_s=";
/// Whoever reads whole tables waits so many times as long: the server looks through them before it says the first word.
const READING_TIMES: u32 = if cfg!(test) { 2 } else { 10 };

/// A URL taken apart.
#[derive(Clone, Debug)]
pub(super) struct ServerUrl {
    rest: Secret,
    answer_wait: Duration,
}

impl ServerUrl {
    pub(super) fn parse(url: &Secret) -> Result<Self, sqlx::Error> {
        let mut answer_wait_s = ANSWER_WAIT_S_DEFAULT;
        let Some((place, settings)) = url.expose().split_once('?') else {
            return Ok(Self { rest: url.clone(), answer_wait: Duration::from_secs(answer_wait_s) });
        };
        let mut rest = Vec::new();
        for setting in settings.split('&') {
            let Some(said) = setting.strip_prefix(ANSWER_WAIT) else {
                rest.push(setting);
                continue;
            };
            let fit = said.parse().ok().filter(|said| (1..=ANSWER_WAIT_S_MAX).contains(said));
            answer_wait_s = fit.ok_or_else(|| {
                let why = format!(
                    "{ANSWER_WAIT}{said}: it must be a number of seconds from 1 to {ANSWER_WAIT_S_MAX}"
                );
                sqlx::Error::Configuration(why.into())
            })?;
        }
        let rest = if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) };
        Ok(Self { rest: Secret::new(rest), answer_wait: Duration::from_secs(answer_wait_s) })
    }

    /// What the driver is given.
    pub(super) fn rest(&self) -> &str {
        self.rest.expose()
    }

    /// How long the next piece of an answer is waited for.
    pub(super) const fn answer_wait(&self) -> Duration {
        self.answer_wait
    }

    /// The same for whoever reads whole tables.
    pub(super) fn reading_wait(&self) -> Duration {
        self.answer_wait * READING_TIMES
    }

    /// After how long the server ends a statement: before its answer is waited for in vain, so that what is only slow is told.
    pub(super) const fn statement_timeout_ms(&self) -> u128 {
        self.answer_wait.as_millis() * 2 / 3
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::Secret;

    use super::ServerUrl;

    fn parsed(url: &str) -> Result<(String, Duration), String> {
        let url = ServerUrl::parse(&Secret::new(url.to_owned())).map_err(|error| error.to_string())?;
        Ok((url.rest().to_owned(), url.answer_wait()))
    }

    #[test]
    fn how_long_is_waited_is_ours_and_the_rest_is_the_drivers() {
        let (short, long) = (Duration::from_secs(7), Duration::from_secs(90));
        for (url, rest, wait) in [
            ("postgres://h/d", "postgres://h/d", long),
            ("postgres://h/d?answer_wait_s=7", "postgres://h/d", short),
            (
                "postgres://h/d?sslmode=require&answer_wait_s=7&host=/run",
                "postgres://h/d?sslmode=require&host=/run",
                short,
            ),
            ("postgres://h/d?sslmode=require", "postgres://h/d?sslmode=require", long),
        ] {
            assert_eq!(parsed(url), Ok((rest.to_owned(), wait)), "{url}");
        }
        for bad in ["0", "", "a", "3601", "-1", "1.5"] {
            let error = parsed(&format!("postgres://h/d?answer_wait_s={bad}")).unwrap_err();
            assert!(error.contains("from 1 to 3600"), "{error}");
        }
    }

    #[test]
    fn a_statement_ends_before_its_answer_is_given_up() {
        let url = ServerUrl::parse(&Secret::new("postgres://h/d".to_owned())).unwrap();
        assert_eq!(url.statement_timeout_ms(), 60_000);
        assert!(url.reading_wait() > url.answer_wait());
    }
}
