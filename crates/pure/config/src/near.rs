//! Which known name a wrong one was probably meant to be.

/// Longest name that is compared: no name of ours comes near it.
const WANTED_BYTES_MAX: usize = 256;

/// Words that other tools use for what we call otherwise.
const SYNONYMS: &[(&[&str], &str)] = &[
    (&["api_key", "api_keys", "apikey", "key", "keys", "token", "secret"], "credentials"),
    (&["url", "uri", "api_base", "endpoint", "host"], "base_url"),
    (&["listen", "port", "bind", "host", "server"], "listeners"),
    (&["model_list", "routes", "aliases"], "models"),
    (&["upstreams", "endpoints", "backends"], "providers"),
    (&["timeout", "deadlines"], "timeouts"),
    (&["retry", "retry_policy", "backoff"], "retries"),
    (&["breaker", "circuit_breaker", "outlier_detection", "health_check"], "health"),
    (&["concurrency", "max_concurrent", "max_in_flight", "max_parallel_requests"], "concurrent_max"),
    (&["rate", "rate_limit", "aimd"], "adaptive"),
    (&["probe", "active", "checks", "health_checks"], "probes"),
    (&["ack_watch", "tcp_info", "tcp_watch", "network_watch"], "path_watch"),
    (&["interval", "interval_ms", "period_ms"], "every_ms"),
    (&["hedging", "speculative", "race"], "hedge"),
    (&["delay_ms", "delay", "after"], "after_ms"),
    (&["type", "vendor"], "kind"),
    (&["logging", "logs"], "log"),
    (&["name"], "service"),
    (&["threads", "cores"], "workers"),
    (&["cert", "chain", "cert_file", "certificate_file"], "certificate"),
    (&["private_key", "key_file"], "key"),
    (&["listen", "bind"], "address"),
    (&["address", "bind"], "listen"),
    (&["path", "output"], "file"),
    (&["providers", "target"], "targets"),
];

/// The candidate that `wanted` was probably meant to be.
pub fn nearest<'a>(wanted: &str, mut candidates: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    if wanted.len() > WANTED_BYTES_MAX {
        return None;
    }
    let plain = plain(wanted);
    let by_spelling = candidates
        .clone()
        .map(|candidate| (distance(&plain, &self::plain(candidate)), candidate))
        .filter(|(distance, candidate)| {
            *distance <= wanted.len().max(candidate.len()) / 3 && *distance < candidate.len()
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate);
    by_spelling.or_else(|| {
        let meant = |candidate: &&str| {
            SYNONYMS.iter().any(|(words, ours)| ours == candidate && words.contains(&plain.as_str()))
                || plain.len() >= 3 && self::plain(candidate).starts_with(&plain)
        };
        candidates.find(meant)
    })
}

/// Lower case, `_` between words: `baseUrl` and `base-url` are near `base_url`.
fn plain(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 2);
    let mut was_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && was_lower {
            text.push('_');
        }
        was_lower = c.is_lowercase();
        text.extend(if c == '-' { '_' } else { c }.to_lowercase());
    }
    text
}

/// Edit distance over characters, a swap of neighbours counting one. Names are short.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=right.len()).collect();
    for i in 1..=left.len() {
        for j in 1..=right.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_other_spellings_and_other_words_are_recognised() {
        let known = ["base_url", "credentials", "kind", "lines", "models", "region"];
        let check =
            |wanted: &str, meant| assert_eq!(nearest(wanted, known.iter().copied()), meant, "{wanted}");
        check("base_ur", Some("base_url"));
        check("baseUrl", Some("base_url"));
        check("base-url", Some("base_url"));
        check("ilnes", Some("lines"));
        check("api_key", Some("credentials"));
        check("apiKey", Some("credentials"));
        check("cred", Some("credentials"));
        check("url", Some("base_url"));
        check("colour", None);
        check("", None);
        check("x", None);
    }
}
