//! Which fields each kind of channel needs and which it may have. One table; what stands in none of its lists is refused.

/// A kind of channel.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) needs: &'static [&'static str],
    pub(super) may: &'static [&'static str],
}

/// Every kind may have these.
pub(super) const OF_ALL: &[&str] = &["severity_min", "rules"];

pub(super) const KINDS: &[Kind] = &[
    Kind { name: "slack", needs: &["url"], may: &["public_only"] },
    Kind { name: "discord", needs: &["url"], may: &["public_only"] },
    Kind { name: "telegram", needs: &["token", "chat_id"], may: &["api_url", "public_only"] },
    Kind { name: "pagerduty", needs: &["routing_key"], may: &["api_url", "public_only"] },
    Kind { name: "feishu", needs: &["url"], may: &["secret", "public_only"] },
    Kind { name: "lark", needs: &["url"], may: &["secret", "public_only"] },
    Kind { name: "dingtalk", needs: &["url"], may: &["secret", "public_only"] },
    Kind { name: "wecom", needs: &["url"], may: &["public_only"] },
    Kind { name: "webhook", needs: &["url", "secret"], may: &["public_only"] },
    Kind { name: "email", needs: &["host", "from", "to"], may: &["port", "tls", "username", "password"] },
];
