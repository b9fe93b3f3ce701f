//! A good configuration, and the mistakes that are planted in it, one at a time.

/// Nothing is wrong with it.
pub(super) const GOOD: &str = "\
region: eu-central
providers:
  one:
    lines:
      - { base_url: 'https://eu.one.internal/v1', region: eu-central }
      - { base_url: 'https://us.one.internal/v1', region: us-west }
    credentials: ['key-of-one-0123456789']
    catalog: { m: { context_tokens: 100000, output_tokens_max: 8000 } }
  two:
    base_url: https://two.internal/v1
    region: us-west
    credentials: ['key-of-two-0123456789']
    catalog: { n: { context_tokens: 100000, output_tokens_max: 8000 } }
models:
  smart:
    targets:
      - { provider: one, model: m }
      - { provider: two, model: n }
limits: { queue_max: 1000 }
timeouts: { answer_ms: 30000 }
retries: { budget_percent: 20 }
health: { open_ms: 1000 }
";

/// One mistake: the code of its finding, a part of what that is about, and what is changed for it.
pub(super) struct Mistake {
    pub(super) code: &'static str,
    pub(super) of: &'static str,
    pub(super) edits: &'static [(&'static str, &'static str)],
}

const fn plant(
    code: &'static str,
    of: &'static str,
    edits: &'static [(&'static str, &'static str)],
) -> Mistake {
    Mistake { code, of, edits }
}

const FIRST: &str = "      - { provider: one, model: m }\n";
const SECOND: &str = "      - { provider: two, model: n }\n";
const EU_LINE: &str = "      - { base_url: 'https://eu.one.internal/v1', region: eu-central }\n";
const LIMITS: &str = "limits: { queue_max: 1000 }";
const TIMEOUTS: &str = "timeouts: { answer_ms: 30000 }";
const RETRIES: &str = "retries: { budget_percent: 20 }";
const HEALTH: &str = "health: { open_ms: 1000 }";
/// A provider that is its vendor.
const VENDOR: (&str, &str) =
    ("  two:\n", "  openai: { credentials: ['key-of-vendor-0123456789'] }\n  two:\n");

pub(super) const MISTAKES: &[Mistake] = &[
    plant("single_target", "two/n", &[(FIRST, "")]),
    plant("single_provider", "one", &[(SECOND, "")]),
    plant("single_region", "us-west", &[(FIRST, "      - { provider: one, model: m, region: us-west }\n")]),
    plant(
        "single_host",
        "us.one.internal:443",
        &[(EU_LINE, ""), ("https://two.internal/v1", "https://us.one.internal/other/v1")],
    ),
    plant(
        "single_proxy",
        "proxy.internal:3128",
        &[
            ("  one:\n", "  one:\n    proxy: http://proxy.internal:3128\n"),
            ("  two:\n", "  two:\n    proxy: http://proxy.internal:3128\n"),
        ],
    ),
    plant("no_second_attempt", "limits.attempts_max", &[(LIMITS, "limits: { attempts_max: 1 }")]),
    plant(
        "step_beyond_attempts",
        "two/other",
        &[
            (LIMITS, "limits: { attempts_max: 2 }"),
            (SECOND, "      - { provider: two, model: n }\n      - { provider: two, model: other }\n"),
        ],
    ),
    plant(
        "repeated_target",
        "one/m",
        &[(SECOND, "      - { provider: two, model: n }\n      - { provider: one, model: m }\n")],
    ),
    plant(
        "nobody_for_ordinary_calls",
        "when",
        &[
            (FIRST, "      - { provider: one, model: m, when: { headers: { x-tier: gold } } }\n"),
            (SECOND, "      - { provider: two, model: n, when: { tokens_min: 1000 } }\n"),
        ],
    ),
    plant(
        "fallback_for_some_only",
        "when",
        &[(SECOND, "      - { provider: two, model: n, when: { headers: { x-tier: gold } } }\n")],
    ),
    plant(
        "no_fallback_for_streams",
        "when.stream",
        &[(SECOND, "      - { provider: two, model: n, when: { stream: false } }\n")],
    ),
    plant("retired_model", "openai/gpt-4", &[VENDOR, (SECOND, "      - openai/gpt-4\n")]),
    plant("model_will_retire", "openai/gpt-4o", &[VENDOR, (SECOND, "      - openai/gpt-4o\n")]),
    plant("unknown_model", "openai/gpt-5-mimi", &[VENDOR, (SECOND, "      - openai/gpt-5-mimi\n")]),
    plant(
        "unlike_kinds",
        "openai/text-embedding-3-small",
        &[
            VENDOR,
            (FIRST, "      - openai/gpt-5-mini\n"),
            (SECOND, "      - openai/text-embedding-3-small\n"),
        ],
    ),
    plant(
        "mixed_embeddings",
        "openai/text-embedding-3-large",
        &[
            VENDOR,
            (FIRST, "      - openai/text-embedding-3-small\n"),
            (SECOND, "      - openai/text-embedding-3-large\n"),
        ],
    ),
    plant("no_able_fallback", "two/n", &[("n: { context", "n: { tools: false, context")]),
    plant(
        "less_able_fallback",
        "two/n",
        &[
            ("n: { context", "n: { images: false, context"),
            (SECOND, "      - { provider: two, model: n }\n      - { provider: two, model: other }\n"),
        ],
    ),
    plant("smaller_context", "two/n", &[("n: { context_tokens: 100000", "n: { context_tokens: 16000")]),
    plant(
        "smaller_output",
        "two/n",
        &[("{ n: { context_tokens: 100000, output_tokens_max: 8000", "{ n: { output_tokens_max: 2000")],
    ),
    plant("limit_too_short", "timeouts.first_byte_ms", &[(TIMEOUTS, "timeouts: { first_byte_ms: 1500 }")]),
    plant(
        "limit_too_short",
        "one/m",
        &[(FIRST, "      - { provider: one, model: m, first_token_ms: 800 }\n")],
    ),
    plant(
        "target_limit_without_effect",
        "one/m",
        &[(FIRST, "      - { provider: one, model: m, timeout_ms: 90000 }\n")],
    ),
    plant(
        "connect_above_target_limit",
        "one/m",
        &[
            (TIMEOUTS, "timeouts: { connect_ms: 10000 }"),
            (FIRST, "      - { provider: one, model: m, timeout_ms: 8000 }\n"),
        ],
    ),
    plant("idle_too_long", "timeouts.idle_ms", &[(TIMEOUTS, "timeouts: { idle_ms: 600000 }")]),
    plant("idle_too_short", "timeouts.idle_ms", &[(TIMEOUTS, "timeouts: { idle_ms: 500 }")]),
    plant("idle_too_short", "one/m", &[(FIRST, "      - { provider: one, model: m, idle_ms: 400 }\n")]),
    plant("idle_above_total", "one/m", &[(FIRST, "      - { provider: one, model: m, total_ms: 20000 }\n")]),
    plant("queue_outlasts_call", "limits.queue_wait_ms", &[(LIMITS, "limits: { queue_wait_ms: 30000 }")]),
    plant("drain_below_answer", "timeouts.drain_ms", &[(TIMEOUTS, "timeouts: { drain_ms: 5000 }")]),
    plant("no_time_left", "two/n", &[(TIMEOUTS, "timeouts: { first_byte_ms: 3000 }")]),
    plant(
        "time_cut_short",
        "two/n",
        &[
            (FIRST, "      - { provider: one, model: m, timeout_ms: 50000 }\n"),
            (SECOND, "      - { provider: two, model: n, timeout_ms: 40000 }\n"),
        ],
    ),
    plant(
        "lines_use_up_time",
        "two/n",
        &[(FIRST, "      - { provider: one, model: m, timeout_ms: 30000 }\n")],
    ),
    plant(
        "no_retry_budget",
        "retries.budget_percent",
        &[(RETRIES, "retries: { budget_percent: 0, budget_per_second: 0 }")],
    ),
    plant("no_repeats", "retries.repeats_max", &[(FIRST, ""), (RETRIES, "retries: { repeats_max: 0 }")]),
    plant("backoff_outlasts_call", "retries.base_ms", &[(RETRIES, "retries: { base_ms: 40000 }")]),
    plant(
        "repeats_do_not_fit",
        "retries.max_ms",
        &[(FIRST, ""), (RETRIES, "retries: { base_ms: 20000, max_ms: 20000 }")],
    ),
    plant("wait_outlasts_call", "retries.wait_ms_max", &[(RETRIES, "retries: { wait_ms_max: 120000 }")]),
    plant(
        "no_key",
        "providers.openai.credentials",
        &[("  two:\n", "  openai: { credentials: [] }\n  two:\n"), (SECOND, "      - openai/gpt-5-mini\n")],
    ),
    plant("placeholder_key", "providers.two", &[("key-of-two-0123456789", "your-key-goes-here-0123456789")]),
    plant(
        "other_vendors_key",
        "providers.openai",
        &[("  two:\n", "  openai: { credentials: ['sk-ant-0123456789'] }\n  two:\n")],
    ),
    plant("shared_key", "one, two", &[("key-of-two-0123456789", "key-of-one-0123456789")]),
    plant("secret_not_here", "env:NOT_HERE", &[("key-of-two-0123456789", "env:NOT_HERE")]),
    plant(
        "same_line_twice",
        "providers.one.lines[1]",
        &[(
            "https://us.one.internal/v1', region: us-west",
            "https://eu.one.internal/v1', region: eu-central",
        )],
    ),
    plant("plain_http", "providers.two", &[("https://two.internal", "http://9.9.9.9")]),
    plant("no_stale_names", "timeouts.dns_stale_ms", &[(TIMEOUTS, "timeouts: { dns_stale_ms: 0 }")]),
    plant(
        "line_never_used",
        "providers.one.lines[1]",
        &[(FIRST, "      - { provider: one, model: m, region: eu-central }\n")],
    ),
    plant("alike_regions", "us-west, us_west", &[("    region: us-west\n", "    region: us_west\n")]),
    plant("own_region_unknown", "region", &[("region: eu-central\nproviders", "region: eu-west\nproviders")]),
    plant("breaker_never_opens", "health.failures", &[(HEALTH, "health: { failures: 20 }")]),
    plant("breaker_opens_at_once", "health.failures", &[(HEALTH, "health: { failures: 1 }")]),
    plant("breaker_open_long", "health.open_ms", &[(HEALTH, "health: { open_ms: 120000 }")]),
    plant("probes_off", "health.probes.every_ms", &[(HEALTH, "health: { probes: { every_ms: 0 } }")]),
    plant(
        "probes_too_slow",
        "every_ms_failing",
        &[(HEALTH, "health: { probes: { every_ms_failing: 600000 } }")],
    ),
    plant(
        "probes_too_slow",
        "timeout_ms",
        &[(HEALTH, "health: { probes: { every_ms: 5000, timeout_ms: 20000 } }")],
    ),
    plant("silence_too_late", "health.silence_ms_min", &[(HEALTH, "health: { silence_ms_min: 50000 }")]),
    plant("waits_not_believed", "health.wait_ms_max", &[(HEALTH, "health: { wait_ms_max: 0 }")]),
    plant("bottleneck", "providers.two.concurrent_max", &[("  two:\n", "  two:\n    concurrent_max: 1\n")]),
    plant("bottleneck", "limits.concurrent_max", &[(LIMITS, "limits: { concurrent_max: 1 }")]),
    plant(
        "fallback_too_small",
        "two/n",
        &[
            (FIRST, "      - { provider: one, model: m, concurrent_max: 100 }\n"),
            (SECOND, "      - { provider: two, model: n, concurrent_max: 20 }\n"),
        ],
    ),
    plant(
        "adaptive_ceiling_low",
        "providers.two.adaptive.ceiling",
        &[("  two:\n", "  two:\n    adaptive: { start: 1, floor: 1, ceiling: 1 }\n")],
    ),
    plant(
        "nobody_may_wait",
        "limits.queue_max",
        &[(LIMITS, "limits: { queue_max: 0, concurrent_max: 500 }")],
    ),
    plant("weight_without_effect", "policy", &[(SECOND, "      - { provider: two, model: n, weight: 9 }\n")]),
    plant(
        "weight_on_one",
        "one/m",
        &[
            ("    targets:\n", "    policy: weighted\n    targets:\n"),
            (FIRST, "      - { provider: one, model: m, weight: 99 }\n"),
        ],
    ),
    plant(
        "line_weight_without_effect",
        "providers.one.policy",
        &[("us.one.internal/v1', region", "us.one.internal/v1', weight: 3, region")],
    ),
    plant("cheapest_of_unknown", "one/m", &[("    targets:\n", "    policy: cheapest\n    targets:\n")]),
    plant("no_price", "openai/ft-of-our-own", &[VENDOR, (SECOND, "      - openai/ft-of-our-own\n")]),
    plant(
        "dear_fallback",
        "openai/gpt-5-pro",
        &[VENDOR, (FIRST, "      - openai/gpt-5-mini\n"), (SECOND, "      - openai/gpt-5-pro\n")],
    ),
    plant(
        "nobody_for_long_prompts",
        "when.tokens_max",
        &[
            (FIRST, "      - { provider: one, model: m, when: { tokens_max: 4000 } }\n"),
            (SECOND, "      - { provider: two, model: n, when: { tokens_max: 9000 } }\n"),
        ],
    ),
    plant(
        "other_vendors_model",
        "openai/claude-opus-4-7",
        &[VENDOR, (SECOND, "      - openai/claude-opus-4-7\n")],
    ),
    plant("limit_too_long", "timeouts.first_byte_ms", &[(TIMEOUTS, "timeouts: { first_byte_ms: 900000 }")]),
    plant("connect_too_short", "timeouts.connect_ms", &[(TIMEOUTS, "timeouts: { connect_ms: 50 }")]),
    plant(
        "small_retry_budget",
        "retries.budget_percent",
        &[(RETRIES, "retries: { budget_percent: 1, budget_per_second: 0 }")],
    ),
    plant("retry_storm", "retries.budget_percent", &[(RETRIES, "retries: { budget_percent: 100 }")]),
    plant("names_kept_long", "timeouts.dns_fresh_ms", &[(TIMEOUTS, "timeouts: { dns_fresh_ms: 3600000 }")]),
    plant(
        "path_of_a_request",
        "providers.two",
        &[("https://two.internal/v1", "https://two.internal/v1/chat/completions")],
    ),
    plant("path_of_a_request", "providers.two", &[("https://two.internal/v1", "https://two.internal/v1/v1")]),
    plant(
        "path_unlike_vendors",
        "providers.openai",
        &[("  two:\n", "  openai: { base_url: 'https://api.openai.com' }\n  two:\n")],
    ),
    plant(
        "other_vendors_address",
        "providers.two",
        &[("https://two.internal/v1", "https://api.anthropic.com/v1")],
    ),
    plant(
        "placeholder_address",
        "providers.two",
        &[("https://two.internal/v1", "https://two.example.com/v1")],
    ),
    plant(
        "providers_at_one_address",
        "https://us.one.internal/v1",
        &[("https://two.internal/v1", "https://us.one.internal/v1")],
    ),
    plant("own_machine_as_fallback", "two/n", &[("https://two.internal/v1", "http://localhost:8000/v1")]),
    plant(
        "lines_without_region",
        "providers.one.lines",
        &[(EU_LINE, "      - { base_url: 'https://eu.one.internal/v1' }\n")],
    ),
    plant(
        "unused_provider",
        "providers.three",
        &[("  two:\n", "  three: { base_url: 'https://three.internal/v1' }\n  two:\n")],
    ),
    plant(
        "breaker_open_short",
        "health.open_ms_max",
        &[(HEALTH, "health: { open_ms: 50, open_ms_max: 50 }")],
    ),
    plant("slow_return", "health.successes", &[(HEALTH, "health: { successes: 100 }")]),
    plant(
        "probes_too_slow",
        "health.probes.failures",
        &[(HEALTH, "health: { probes: { failures: 20, every_ms_failing: 30000 } }")],
    ),
    plant("answers_cut", "limits.answer_bytes_max", &[(LIMITS, "limits: { answer_bytes_max: 65536 }")]),
    plant(
        "nobody_may_wait",
        "limits.queue_max",
        &[(LIMITS, "limits: { queue_wait_ms: 0, concurrent_max: 500 }")],
    ),
    plant(
        "surface_not_offered",
        "two/text-embedding-3-small",
        &[
            VENDOR,
            ("  two:\n", "  two:\n    surfaces: [moderations]\n"),
            (FIRST, "      - openai/text-embedding-3-small\n"),
            (SECOND, "      - two/text-embedding-3-small\n"),
        ],
    ),
    plant(
        "hedge_too_late",
        "models.smart.hedge.after_ms",
        &[("    targets:\n", "    hedge: { after_ms: 58000 }\n    targets:\n")],
    ),
    plant(
        "hedge_too_late",
        "retries.hedge_ms_min",
        &[
            ("    targets:\n", "    hedge: true\n    targets:\n"),
            (RETRIES, "retries: { hedge_ms_min: 60000 }"),
        ],
    ),
    plant(
        "hedge_without_budget",
        "retries.hedge_percent",
        &[("    targets:\n", "    hedge: true\n    targets:\n"), (RETRIES, "retries: { hedge_percent: 0 }")],
    ),
    plant(
        "hedge_storm",
        "retries.hedge_percent",
        &[("    targets:\n", "    hedge: true\n    targets:\n"), (RETRIES, "retries: { hedge_percent: 60 }")],
    ),
    plant(
        "nobody_goes_on",
        "two/n",
        &[
            ("    targets:\n", "    resume: continue\n    targets:\n"),
            ("  one:\n", "  one:\n    quirks: { continues: bare }\n"),
        ],
    ),
    plant(
        "limits_of_nobody",
        "limits.models.smrt",
        &[(LIMITS, "limits: { models: { smrt: { requests_per_minute: 100 } } }")],
    ),
    plant(
        "facts_of_nobody",
        "providers.two.catalog.n",
        &[
            ("    catalog: { n:", "    models: [o]\n    catalog: { n:"),
            (SECOND, "      - { provider: two, model: o }\n"),
        ],
    ),
    plant("asks_itself", "providers.two", &[("https://two.internal/v1", "http://localhost:4000/v1")]),
    plant(
        "asks_itself",
        "providers.two",
        &[
            (
                "region: eu-central\nproviders",
                "region: eu-central\nlisteners: [{ address: '10.0.0.7:80' }]\nproviders",
            ),
            ("https://two.internal/v1", "http://10.0.0.7/v1"),
        ],
    ),
    plant(
        "fallback_rate_too_low",
        "limits.providers.two",
        &[(
            LIMITS,
            "limits: { providers: { one: { requests_per_minute: 6000 }, two: { requests_per_minute: 60 } } }",
        )],
    ),
    plant(
        "key_of_another_site",
        "moonshot",
        &[(
            "  two:\n",
            "  moonshot:\n    lines: [{ base_url: 'https://api.moonshot.ai/v1' }, { base_url: 'https://api.moonshot.cn/v1' }]\n    \
             credentials: ['key-of-vendor-0123456789']\n  two:\n",
        )],
    ),
    plant(
        "key_of_another_site",
        "dashscope, dashscopeintl",
        &[(
            "  two:\n",
            "  dashscope: { credentials: ['key-of-vendor-0123456789'] }\n  dashscopeintl: { credentials: \
             ['key-of-vendor-0123456789'] }\n  two:\n",
        )],
    ),
];
