//! Bad configurations, and what each is told.

use config::{Problem, Stored};
use domain::Secret;

use crate::world::{CERTIFICATE, PRIVATE_KEY, World, written};

/// A world in which the cases below have what they refer to.
fn world() -> World {
    World::default()
        .with_variable("GOOD_KEY", "sk-abcdefghijklmnop-1234")
        .with_variable("SPLIT_KEY", "two words")
        .with_variable("EMPTY_KEY", "  ")
        .with_file("/tls/chain.pem", CERTIFICATE)
        .with_file("/tls/key.pem", PRIVATE_KEY)
        .with_file("/tls/locked.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
        .with_file("/run/empty", "\n")
        .with_stored("openai-main", Stored::Found(Secret::new("sk-stored-abcdefgh-1234".to_owned())))
        .with_stored("torn", Stored::Unreadable("it is damaged".to_owned()))
}

/// One line per case: file | path | part of the message | part of the hint (or `-` for none).
/// In the file, `;` begins a new line.
const CASES: &str = r#"
regoin: eu                                                     | regoin | unknown key | did you mean region?
Workers: 2                                                     | Workers | unknown key | did you mean workers?
model_list: []                                                 | model_list | unknown key | did you mean models?
zebra: 1                                                       | zebra | unknown key | known here: accounts, admin, alerts, cache, errors
[1, 2]                                                         |  | must be a mapping | without dashes
just a text                                                    |  | must be a mapping | -
region: 7                                                      | region | must be text | put it in quotes: "7"
region: true                                                   | region | must be text | put it in quotes: "true"
region: west coast                                             | region | letters, digits | -
region: ""                                                     | region | letters, digits | -
service: [a]                                                   | service | must be text | -
workers: 0                                                     | workers | must be 1 to 1024 | -
workers: -1                                                    | workers | must be 1 to 1024 | -
workers: 2.5                                                   | workers | must be a whole number | -
workers: "4"                                                   | workers | must be a whole number | write 4
workers: many                                                  | workers | must be a whole number | -
listeners: 127.0.0.1:4000                                      | listeners | must be a list | after a dash
listeners: []                                                  | listeners | needs at least one item | -
listeners: [4000]                                              | listeners[0] | must be a mapping | -
listeners: [{}]                                                | listeners[0].address | is required | -
listeners: [{address: 4000}]                                   | listeners[0].address | must be text | put it in quotes: "4000"
listeners: [{address: "4000"}]                                 | listeners[0].address | an address and a port | 0.0.0.0:4000 for all
listeners: [{address: ":4000"}]                                | listeners[0].address | an address and a port | 127.0.0.1:4000 for this machine
listeners: [{address: "localhost:80"}]                         | listeners[0].address | an address and a port | write 127.0.0.1:80
listeners: [{address: "*:80"}]                                 | listeners[0].address | an address and a port | write 0.0.0.0:80
listeners: [{address: "::1:80"}]                               | listeners[0].address | an address and a port | write [::1]:80
listeners: [{address: "10.0.0.1:99999"}]                       | listeners[0].address | an address and a port | such as 127.0.0.1:4000
listeners: [{address: 1.1.1.1:1}, {address: 1.1.1.1:1}]        | listeners[1].address | is listed twice | -
providers: {a: {base_url: "http://a/v1", quirks: {dorp: [n]}}} | providers.a.quirks.dorp | unknown key | did you mean drop?
providers: {a: {base_url: "http://a/v1", quirks: {drop: [model]}}} | providers.a.quirks.drop | no request is one without it | -
providers: {a: {base_url: "http://a/v1", quirks: {temperature_max: "hot"}}} | providers.a.quirks.temperature_max | must be a decimal number | -
providers: {a: {base_url: "http://a/v1", quirks: {replay: loud}}} | providers.a.quirks.replay | must be | -
providers: {a: {base_url: "http://a/v1", surfaces: [image]}} | providers.a.surfaces[0] | must be completions or embeddings | did you mean images?
providers: {a: {base_url: "http://a/v1", catalog: {m: {pictures: true}}}} | providers.a.catalog.m.pictures | unknown key | -
providers: {a: {base_url: "http://a/v1", catalog: {m: {thinking: hard}}}} | providers.a.catalog.m.thinking | must be | -
providers: {a: {base_url: "http://a/v1", catalog: {"m n": {}}}} | providers.a.catalog["m n"] | a model's name must be | -
listeners: [{adress: 1.1.1.1:1}]                               | listeners[0].adress | unknown key | did you mean address?
listeners: [{address: 1.1.1.1:1, tls: {cert: a, key: /tls/key.pem}}] | listeners[0].tls.cert | unknown key | did you mean certificate?
listeners: [{address: 1.1.1.1:1, tls: {certificate: /no, key: /tls/key.pem}}] | listeners[0].tls.certificate | cannot read the file: no such file | -
listeners: [{address: 1.1.1.1:1, tls: {certificate: /tls/key.pem, key: /tls/key.pem}}] | listeners[0].tls.certificate | no PEM certificate | -
listeners: [{address: 1.1.1.1:1, tls: {certificate: /tls/chain.pem, key: /tls/chain.pem}}] | listeners[0].tls.key | no PEM private key | -
listeners: [{address: 1.1.1.1:1, tls: {certificate: /tls/chain.pem, key: /tls/locked.pem}}] | listeners[0].tls.key | is encrypted | without a password
trusted_proxies: 10.0.0.1                                      | trusted_proxies | must be a list | after a dash
trusted_proxies: [10]                                          | trusted_proxies[0] | must be text | put it in quotes
trusted_proxies: [localhost]                                   | trusted_proxies[0] | must be an address or a network | such as 10.0.0.0/8
trusted_proxies: ["127.0.0.1:80"]                              | trusted_proxies[0] | must be an address or a network | such as 10.0.0.0/8
trusted_proxies: [10.0.0.1, 10.0.0.0/33]                       | trusted_proxies[1] | 0 to 32 bits | -
trusted_proxies: [10.1.2.3/8]                                  | trusted_proxies[0] | inside a network | write 10.0.0.0/8
private_media: [intranet]                                      | private_media[0] | must be an address or a network | such as 10.0.0.0/8
trusted_proxy: [10.1.2.3/8]                                    | trusted_proxy | unknown key | did you mean trusted_proxies?
admin: {listen: 4001}                                          | admin.listen | must be text | put it in quotes
admin: {address: 127.0.0.1:4001}                               | admin.address | unknown key | did you mean listen?
admin: {listen: 127.0.0.1:4000}                                | admin.listen | also the address of a listener | leave admin.listen out
public_url: gw.example.com                                     | public_url | must start with http | -
public_url: ftp://gw.example.com                               | public_url | must start with http | -
providers: {a: {base_url: "http://a/v1", concurrent_max: 0}}   | providers.a.concurrent_max | must be 1 to 1000000 | -
providers: {a: {base_url: "http://a/v1", max_in_flight: 4}}    | providers.a.max_in_flight | unknown key | did you mean concurrent_max?
providers: {a: {base_url: "http://a/v1", adaptive: {mode: on}}} | providers.a.adaptive.mode | must be | -
providers: {a: {base_url: "http://a/v1", adaptive: {start: 4, floor: 5}}} | providers.a.adaptive.floor | must not be above start (4) | -
providers: {a: {base_url: "http://a/v1", adaptive: {ceiling: 20}}} | providers.a.adaptive.ceiling | must not be below start (50) | -
limits: {concurrent_max: 0}                                    | limits.concurrent_max | must be 1 to 1000000 | -
limits: {waiting_max: 1000001}                                | limits.waiting_max | must be 0 to 1000000 | -
limits: {waiting_per_organisation_max: -1}                    | limits.waiting_per_organisation_max | must be 0 to 1000000 | -
limits: {queue_wait_ms: 700000}                                | limits.queue_wait_ms | must be 0 to 600000 | -
providers: [a]                                                 | providers | must be a mapping | without dashes
providers: {a: null}                                           | providers.a | must be a mapping | give it a value
providers: {"a b": {base_url: "http://h/v1"}}                  | providers["a b"] | a provider's name must be | -
providers: {a: {}}                                             | providers.a.base_url | is required | such as http://127.0.0.1:8000/v1
providers: {a: {base_ur: "http://h/v1"}}                       | providers.a.base_ur | unknown key | did you mean base_url?
providers: {a: {base_url: "http://h/v1", api_key: x}}          | providers.a.api_key | unknown key | did you mean credentials?
providers: {a: {base_url: h:80/v1}}                            | providers.a.base_url | is not a URL | starting https://
providers: {a: {base_url: "ftp://h/v1"}}                       | providers.a.base_url | must start with http:// or https:// | -
providers: {a: {base_url: "https://me:pw@h/v1"}}               | providers.a.base_url | must not hold a user name | -
providers: {a: {base_url: "https://h/v1?key=pw"}}              | providers.a.base_url | without ? or # | -
providers: {a: {kind: opnai}}                                  | providers.a.kind | is not in the catalogue | did you mean openai?
providers: {a: {kind: frobnicator}}                            | providers.a.kind | is not in the catalogue | leave it out
providers: {openai: {}}                                        | providers.openai.credentials | no credentials, and OPENAI_API_KEY is not set | export OPENAI_API_KEY
providers: {a: {base_url: "http://h/v1", lines: [{base_url: "http://h/v1"}]}} | providers.a.base_url | takes either base_url or lines | move it
providers: {a: {lines: []}}                                    | providers.a.lines | needs at least one item | -
providers: {a: {lines: [{region: eu}]}}                        | providers.a.lines[0].base_url | is required | -
providers: {a: {lines: [{base_url: "http://h"}, {base_url: 7}]}} | providers.a.lines[1].base_url | must be text | put it in quotes
providers: {a: {base_url: "http://h/v1", credentials: "env:GOOD_KEY"}} | providers.a.credentials | must be a list | after a dash
providers: {a: {base_url: "http://h/v1", credentials: ["env:GOD_KEY"]}} | providers.a.credentials[0] | the variable GOD_KEY is not set | did you mean env:GOOD_KEY?
providers: {a: {base_url: "http://h/v1", credentials: ["env:GOOD_KEY_2"]}} | providers.a.credentials[0] | the variable GOOD_KEY_2 is not set | export GOOD_KEY_2=… or GOOD_KEY_2_FILE
providers: {a: {base_url: "http://h/v1", credentials: ["env:EMPTY_KEY"]}} | providers.a.credentials[0] | the variable EMPTY_KEY is empty | export EMPTY_KEY
providers: {a: {base_url: "http://h/v1", credentials: ["env:SPLIT_KEY"]}} | providers.a.credentials[0] | holds a space | -
providers: {a: {base_url: "http://h/v1", credentials: ["env:"]}} | providers.a.credentials[0] | must be env:NAME | is a name such as
providers: {a: {base_url: "http://h/v1", credentials: ["file:/run/none"]}} | providers.a.credentials[0] | cannot read the file: no such file | -
providers: {a: {base_url: "http://h/v1", credentials: ["secret:openai"]}} | providers.a.credentials[0] | the store holds no secret openai | bellwether secrets set openai, or did you mean secret:openai-main?
providers: {a: {base_url: "http://h/v1", credentials: ["secret:torn"]}} | providers.a.credentials[0] | cannot be opened: it is damaged | bellwether secrets set torn
providers: {a: {base_url: "http://h/v1", credentials: ["secret:two words"]}} | providers.a.credentials[0] | must be env:NAME | bellwether secrets list
providers: {a: {base_url: "http://h/v1", credentials: ["${secret:openai-main}"]}} | providers.a.credentials[0] | must be env:NAME | write "secret:openai-main"
providers: {a: {base_url: "http://h/v1", proxy: "secret:openai-main"}} | providers.a.proxy | must | -
providers: {a: {base_url: "http://h/v1", credentials: ["file:/run/empty"]}} | providers.a.credentials[0] | the secret is empty | -
providers: {a: {base_url: "http://h/v1", credentials: ["${GOOD_KEY}"]}} | providers.a.credentials[0] | must be env:NAME | write "env:GOOD_KEY"
providers: {a: {base_url: "http://h/v1", credentials: [GOOD_KEY]}} | providers.a.credentials[0] | must be env:NAME | write "env:GOOD_KEY"
providers: {a: {base_url: "http://h/v1", credentials: ["env:GOOD_KEY", "env:GOOD_KEY"]}} | providers.a.credentials[1] | is the same as one before it | -
providers: {a: {base_url: "http://h/v1", models: []}}          | providers.a.models | needs at least one item | -
providers: {a: {base_url: "http://h/v1", models: [m, m]}}      | providers.a.models[1] | is listed twice | -
providers: {a: {base_url: "http://h/v1", dialects: []}}        | providers.a.dialects | needs at least one item | -
providers: {a: {base_url: "http://h/v1", dialects: [chat, chat]}} | providers.a.dialects[1] | is listed twice | -
providers: {a: {base_url: "http://h/v1", dialects: [chats]}}   | providers.a.dialects[0] | must be chat or responses or messages | did you mean chat?
providers: {a: {base_url: "http://h/v1", models: [4.1]}}       | providers.a.models[0] | must be text | put it in quotes: "4.1"
providers: {a: {base_url: "http://h/v1", models: ["a b"]}}     | providers.a.models[0] | without spaces | -
providers: {a: {base_url: "http://h/v1", proxy: "proxy.example:3128"}} | providers.a.proxy | must start with http:// | http://127.0.0.1:3128
providers: {a: {base_url: "http://h/v1", proxy: "https://proxy.example:3128"}} | providers.a.proxy | is not spoken here | take http://
providers: {a: {base_url: "http://h/v1", proxy: "socks4://proxy.example"}} | providers.a.proxy | must start with http:// | SOCKS4 is not spoken
providers: {a: {base_url: "http://h/v1", proxy: "socks://proxy.example"}} | providers.a.proxy | must start with http:// | write socks5://
providers: {a: {base_url: "http://h/v1", proxy: "http://proxy.example:0"}} | providers.a.proxy | the port must be | -
providers: {a: {base_url: "http://h/v1", proxy: "http://me:pa/ss@proxy.example:1"}} | providers.a.proxy | must end with the port | %2F
providers: {a: {base_url: "http://h/v1", proxy: "http://me:100%@proxy.example"}} | providers.a.proxy | two hexadecimal digits | as %25
providers: {a: {base_url: "http://h/v1", proxy: "socks5://me@proxy.example"}} | providers.a.proxy | cannot be sent to such a proxy | 1 to 255 bytes
providers: {a: {base_url: "http://h/v1", proxy: "env:GOD_PROXY"}} | providers.a.proxy | the variable GOD_PROXY is not set | export GOD_PROXY
providers: {a: {base_url: "http://h/v1", proxy: "env:GOOD_KEY"}} | providers.a.proxy | must start with http:// | -
providers: {a: {base_url: "http://h/v1", proxy: "file:/run/none"}} | providers.a.proxy | cannot read the file | -
providers: {a: {base_url: "http://h/v1", proxy: false}}        | providers.a.proxy | must be text | -
providers: {a: {base_url: "http://h/v1", prxy: none}}          | providers.a.prxy | unknown key | did you mean proxy?
providers: {a: {lines: [{base_url: "http://h/v1", proxy: x}]}} | providers.a.lines[0].proxy | must start with http:// | -
providers: {a: {base_url: "http://h/v1", source_address: eth0}} | providers.a.source_address | must be an IP address | such as 192.0.2.7
providers: {a: {base_url: "http://h/v1", source_address: "10.0.0.1:80"}} | providers.a.source_address | must be an IP address | without a port
providers: {a: {lines: [{base_url: "http://h/v1", source_address: 7}]}} | providers.a.lines[0].source_address | must be text | -
models: {fast: openai/gpt}                                     | models.fast | must be a mapping | -
models: {fast: {}}                                             | models.fast.targets | is required | nobody is known to serve fast
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {a: {targets: [p/m], fallbacks: [a]}} | models.a.fallbacks[0] | comes back to where it began: a -> a | leave this one out
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {a: {targets: [p/m], fallbacks: [b]}, b: {targets: [p/n], fallbacks: [n, a]}} | models.b.fallbacks[1] | comes back to where it began: a -> b -> a | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {a: {targets: [p/m], fallbacks: [b]}, b: {targets: [p/m], fallbacks: [c]}, c: {targets: [p/m], fallbacks: [b]}} | models.c.fallbacks[0] | b -> c -> b | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], fallbacks: [fats]}} | models.fast.fallbacks[0] | nobody is known to serve | did you mean fast?
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], fallbacks: [q/m]}} | models.fast.fallbacks[0] | nobody is known to serve | write provider/model
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], fallbacks: [p/o]}} | models.fast.fallbacks[0] | nobody is known to serve | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], fallbacks: [n, n]}} | models.fast.fallbacks[1] | is listed twice | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], fallbacks: []}} | models.fast.fallbacks | needs at least one item | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], fallbacks: [{modle: n}]}} | models.fast.fallbacks[0].modle | unknown key | did you mean model?
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], fallbacks: [{model: n, first_token_ms: 60001}]}} | models.fast.fallbacks[0].first_token_ms | must not be above timeouts.first_byte_ms (60000) | shorten it
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, timeout_ms: 180001}]}} | models.fast.targets[0].timeout_ms | must not be above what any answer may take by timeouts (180000) | shorten it
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, when: {stream: true}, timeout_ms: 60001}]}} | models.fast.targets[0].timeout_ms | must not be above timeouts.first_byte_ms (60000) | shorten it
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, when: {stream: false}, timeout_ms: 180001}]}} | models.fast.targets[0].timeout_ms | must not be above what any whole answer may take by timeouts (180000) | shorten it
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, first_token_ms: 3, total_ms: 2}]}} | models.fast.targets[0].first_token_ms | must not be above total_ms (2) | shorten it
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, timeout_ms: 3, total_ms: 2}]}} | models.fast.targets[0].timeout_ms | must not be above total_ms (2) | shorten it
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, timeout_ms: 0}]}} | models.fast.targets[0].timeout_ms | must be 1 to 3600000 | the nearest is 1
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, idle_ms: 3, total_ms: 2}]}} | models.fast.targets[0].idle_ms | must not be above total_ms (2) | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, weight: 0}]}} | models.fast.targets[0].weight | must be 1 to 1000 | left out of the list, or switched off
providers: {p: {lines: [{base_url: "http://h/v1", weight: 1001}]}} | providers.p.lines[0].weight | must be 1 to 1000 | the nearest is 1000
providers: {p: {lines: [{base_url: "http://h/v1", weight: 0}]}} | providers.p.lines[0].weight | must be 1 to 1000 | left out of the list, or switched off
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], policy: wieghted}} | models.fast.policy | must be balanced or weighted | did you mean weighted?
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], policy: round_robin}} | models.fast.policy | must be balanced or weighted | weighted for turns by fixed parts
providers: {p: {base_url: "http://h/v1", policy: least_load}} | providers.p.policy | must be balanced or weighted | balanced for the least load
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {m: {policy: weighted}} | models.m.policy | there is nobody to choose from | name the targets
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, when: {}}]}} | models.fast.targets[0].when | a condition must say something | stream: true
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, when: {tokens_min: 3, tokens_max: 2}}]}} | models.fast.targets[0].when.tokens_min | must not be above tokens_max (2) | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, when: {needs: [pictures]}}]}} | models.fast.targets[0].when.needs[0] | must be tools or images | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, when: {headers: {Authorization: x}}}]}} | models.fast.targets[0].when.headers.Authorization | holds a secret | ids of their keys
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, when: {headers: {"x y": x}}}]}} | models.fast.targets[0].when.headers["x y"] | must be a header's name | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, when: {tags: [x]}}]}} | models.fast.targets[0].when.tags | must be a mapping | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, when: {tags: {"a b": x}}}]}} | models.fast.targets[0].when.tags["a b"] | must be a tag's name | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, when: {tagged: x}}]}} | models.fast.targets[0].when.tagged | unknown key | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], on_refusal: shop}} | models.fast.on_refusal | must be stop or next | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], model_field: other}} | models.fast.model_field | must be upstream or served | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], resume: always}} | models.fast.resume | must be | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], resume: continue}} | models.fast.resume | none of its targets is known to go on | write ask
providers: {p: {kind: anthropic, credentials: [], catalog: {m: {continues_answers: false}}, models: [m]}}; models: {fast: {targets: [p/m], resume: continue}} | models.fast.resume | none of its targets is known to go on | quirks.continues
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], resume_hold_ms: 5}} | models.fast.resume_hold_ms | nothing to hold back for | resume
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, idle_ms: 900}, p/n], resume: ask, resume_hold_ms: 901}} | models.fast.resume_hold_ms | must not be above the limit of silence (900 ms) | few hundred
health: {probes: {paid: {every_ms: 500, every_ms_ejected: 501}}} | health.probes.paid.every_ms_ejected | must not be above every_ms (500) | more often
health: {probes: {paid: {per_day_max: 0}}} | health.probes.paid.per_day_max | must be 1 to 100000 | -
health: {probes: {paid: {dollars: 5}}} | health.probes.paid.dollars | unknown key | -
health: {path_watch: 50} | health.path_watch | must be true or false | -
health: {tcp_watch: true} | health.tcp_watch | unknown key | did you mean path_watch?
health: {silence_ms_min: 60001} | health.silence_ms_min | must not be above timeouts.first_byte_ms (60000) | shorten it
health: {open_ms: 500, open_ms_max: 499} | health.open_ms_max | must not be below open_ms (500) | lower open_ms
retries: {base_ms: 500, max_ms: 499} | retries.max_ms | must not be below base_ms (500) | lower base_ms
retries: {repeats_max: 10} | retries.repeats_max | must be 0 to 9 | the nearest is 9
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m, p/n], hedge: yes please}} | models.fast.hedge | must be true or false or a mapping | -
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m, p/n], hedge: {after_ms: 49}}} | models.fast.hedge.after_ms | is too soon | retries.hedge_ms_min (50)
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m, p/n], hedge: {after_ms: 180000}}} | models.fast.hedge.after_ms | is too late | no call waits longer
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [{provider: p, model: m, first_token_ms: 3000, timeout_ms: 9000}, p/n], hedge: {after_ms: 9000}}} | models.fast.hedge.after_ms | is too late | none of its targets but the last is waited for longer than 9000 ms
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m, p/n], hedge: {after: 100}}} | models.fast.hedge.after | unknown key | did you mean after_ms?
providers: {p: {base_url: "http://h/v1", models: [m, n]}}; models: {fast: {targets: [p/m], hedge: true}} | models.fast.hedge | there is nobody to ask beside it | name a second target
models: {fast: {targets: []}}                                  | models.fast.targets | needs at least one item | -
models: {fast: {target: [a/b]}}                                | models.fast.target | unknown key | did you mean targets?
models: {fast: {targets: [a/b]}}                               | models.fast.targets[0] | there is no provider of this name | add it under providers
models: {"gpt-4.1": {targets: [a/b]}}                          | models["gpt-4.1"].targets[0] | there is no provider of this name | -
models: {fast: {targets: [7]}}                                 | models.fast.targets[0] | must be text or a mapping | put it in quotes
providers: {local: {base_url: "http://h/v1"}}; models: {fast: {targets: [local]}} | models.fast.targets[0] | must be provider/model | write local/ and the model's name
providers: {local: {base_url: "http://h/v1"}}; models: {fast: {targets: [llama]}} | models.fast.targets[0] | must be provider/model | write local/llama
providers: {local: {base_url: "http://h/v1"}}; models: {fast: {targets: [locl/llama]}} | models.fast.targets[0] | there is no provider of this name | did you mean local?
providers: {local: {base_url: "http://h/v1"}}; models: {fast: {targets: [local/]}} | models.fast.targets[0] | a model's name must be | -
providers: {local: {base_url: "http://h/v1", models: [llama]}}; models: {fast: {targets: [local/lama]}} | models.fast.targets[0] | is not among the models of local | did you mean llama?
providers: {local: {base_url: "http://h/v1", region: eu}}; models: {fast: {targets: [{provider: local, model: m, region: us}]}} | models.fast.targets[0].region | local has no line in this region | its regions: eu
providers: {local: {base_url: "http://h/v1"}}; models: {fast: {targets: [{provider: local}]}} | models.fast.targets[0].model | is required | -
keys: {prefix: "b w"}                                          | keys.prefix | letters, digits, dashes | -
keys: {prefix: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}              | keys.prefix | at most 32 | -
keys: {expires_days_default: 3661}                            | keys.expires_days_default | 3660 | -
metrics: {access: opn}                                         | metrics.access | must be open or key | did you mean open?
metrics: {access: key}                                         | metrics.key | is required for access: key | env:NAME
metrics: {key: [a]}                                            | metrics.key | must be text | -
metrics: {provider_label: "a,b"}                               | metrics.provider_label | letters, digits | -
errors: {code: numerc}                                         | errors.code | must be text or numeric | did you mean numeric?
limits: {body_bytes_max: 32MiB}                                | limits.body_bytes_max | must be a whole number | write 33554432
limits: {body_bytes_max: 10}                                   | limits.body_bytes_max | must be 1024 to 1073741824 | -
limits: {body_bytes_max: null}                                 | limits.body_bytes_max | must be a whole number | remove the key
limits: {body_memory_bytes_max: 1000000}                       | limits.body_memory_bytes_max | at least one body | -
limits: {spool_bytes_max: 1000000}                             | limits.spool_bytes_max | at least one upload | -
spool_dir: ''                                                  | spool_dir | names no directory | leave it out
limits: {bodyBytesMax: 10}                                     | limits.bodyBytesMax | unknown key | did you mean body_bytes_max?
timeouts: {connect_ms: 60s}                                    | timeouts.connect_ms | must be a whole number | write 60000
timeouts: {connect_ms: 60000}                                  | timeouts.connect_ms | must be 1 to 10000 | the nearest is 10000
timeouts: {dns_fresh_ms: 30s}                                   | timeouts.dns_fresh_ms | must be a whole number | write 30000
timeouts: {dns_stale_ms: 90000000}                             | timeouts.dns_stale_ms | must be 0 to 86400000 | -
timeouts: {answer_ms: 50000, answer_ms_large: 40000}           | timeouts.answer_ms_large | must not be below answer_ms (50000) | raise it, or lower answer_ms
log: {format: yaml}                                            | log.format | must be json or pretty | -
log: {file: ""}                                                | log.file | names no file | -
accounts: {new_organisations: postpaid}                        | accounts.new_organisations | must be none or prepaid | -
accounts: {sign_up_credit: "5"}                                | accounts.sign_up_credit | needs accounts that it can go to | new_organisations: prepaid
accounts: {new_organisations: prepaid, sign_up_credit: "-5"}   | accounts.sign_up_credit | must be an amount above 0 and at most 1000000 | -
accounts: {new_organisations: prepaid, sign_up_credit: "1e3"}  | accounts.sign_up_credit | must be an amount above 0 | -
accounts: {sign_up_credit_days: 0}                             | accounts.sign_up_credit_days | must be 1 to 3660 | -
accounts: {per_email_domain_max: 0}                            | accounts.per_email_domain_max | must be 1 to 1000000 | -
accounts: {per_ip_max: 0}                                      | accounts.per_ip_max | must be 1 to 1000000 | -
accounts: {low_balance_webhook: "hooks.example"}               | accounts.low_balance_webhook |  | -
accounts: {low_balance_webhook: "https://hooks.example/x"}     | accounts.low_balance_secret | is required for low_balance_webhook | env:NAME
ledger: {level: remote}                                        | ledger.level | needs a PostgreSQL server as the database | BELLWETHER_DATABASE_URL
ledger: {level: safe}                                          | ledger.level | must be slot or written or durable or remote | -
ledger: {remote_wait_ms: 0}                                    | ledger.remote_wait_ms | must be 1 to 60000 | -
ledger: {segment_bytes: 5}                                     | ledger.segment_bytes | must be 1048576 to 1073741824 | -
ledger: {journal_bytes_max: 5}                                 | ledger.journal_bytes_max | must be 16777216 to 1099511627776 | -
requests: {rows: maybe}                                        | requests.rows | must be on or off | -
requests: {keep_days: 0}                                       | requests.keep_days | must be 1 to 3650 | -
reports: {sums: maybe}                                         | reports.sums | must be on or off | -
reports: {keep_hours_days: 0}                                  | reports.keep_hours_days | must be 1 to 3650 | -
reports: {market_rates: {usd: "7.1"}}                          | reports.market_rates.usd | is no currency | USD
reports: {market_rates: {USD: "-1"}}                           | reports.market_rates.USD | must be a rate above 0 | 7.1
idempotency: {hours: 0}                                       | idempotency.hours | must be 1 to 720 | -
idempotency: {bytes_max: 1GiB}                                | idempotency.bytes_max | must be a whole number | -
idempotency: {bytes_max: 1000000}                             | idempotency.bytes_max | must be 67108864 to | -
cache: {ttl_seconds: 0}                                        | cache.ttl_seconds | must be 1 to 2592000 | -
cache: {bytes_max: 1000}                                       | cache.bytes_max | must be 1048576 to | -
cache: {bytes_max: 1048576, entry_bytes_max: 2000000}          | cache.entry_bytes_max | must not be above bytes_max (1048576) | -
cache: {scope: tenant}                                         | cache.scope | must be key or project or organisation or all | -
cache: {hit_percent: 101}                                      | cache.hit_percent | must be 0 to 100 | -
cache: {keys: [" "]}                                           | cache.keys[0] | must be the id of a key | -
providers: {p: {base_url: "http://h/v1", models: [m]}}; models: {m: {cache: always}} | models.m.cache | must be true or false or a mapping | -
providers: {p: {base_url: "http://h/v1", models: [m]}}; models: {m: {cache: {ttl: 5}}} | models.m.cache.ttl | unknown key | -
idempotency: {keys: 5}                                        | idempotency.keys | unknown key | -
alerts: {look_seconds: 0}                                      | alerts.look_seconds | must be 1 to 300 | -
alerts: {spend_min: "-1"}                                      | alerts.spend_min | an amount of 0 or more | -
alerts: {rules: {latency: {threshold: fast}}}                  | alerts.rules.latency.threshold | must be a whole number | -
alerts: {rules: {latancy: {}}}                                 | alerts.rules.latancy | unknown key | did you mean latency?
alerts: {rules: {balance: {threshold: 5}}}                     | alerts.rules.balance.threshold | this rule has no threshold | --warn-below
alerts: {rules: {latency: {severity: high}}}                   | alerts.rules.latency.severity | must be info or warning or critical | -
alerts: {channels: {a: {}}}                                    | alerts.channels.a.kind | is required | -
alerts: {channels: {a: {kind: slak}}}                          | alerts.channels.a.kind | must be slack or discord | did you mean slack?
alerts: {channels: {a: {kind: slack}}}                         | alerts.channels.a.url | is required for kind slack | -
alerts: {channels: {a: {kind: slack, url: "env:NO_HOOK"}}}     | alerts.channels.a.url | the variable NO_HOOK is not set | -
alerts: {channels: {a: {kind: slack, url: "env:GOOD_KEY"}}}    | alerts.channels.a.url | must start with http | -
alerts: {channels: {a: {kind: slack, url: "http://a/x", token: "env:GOOD_KEY"}}} | alerts.channels.a.token | is not for kind slack | known for it: url, public_only
alerts: {channels: {a: {kind: webhook, url: "http://a/x"}}}    | alerts.channels.a.secret | is required for kind webhook | -
alerts: {channels: {a: {kind: webhook, url: "ftp://a/x", secret: "env:GOOD_KEY"}}} | alerts.channels.a.url | http | -
alerts: {channels: {a: {kind: telegram, token: "env:GOOD_KEY"}}} | alerts.channels.a.chat_id | is required for kind telegram | -
alerts: {channels: {a: {kind: pagerduty, routing_key: "env:GOOD_KEY", api_url: "events.example"}}} | alerts.channels.a.api_url | must start with http | -
alerts: {channels: {a: {kind: email, host: h, from: a@b, to: [nobody]}}} | alerts.channels.a.to[0] | must be an address such as | -
alerts: {channels: {a: {kind: email, host: h, from: "a b", to: [a@b]}}} | alerts.channels.a.from | must be an address such as | -
alerts: {channels: {a: {kind: email, host: h, from: a@b, to: [a@b], username: me}}} | alerts.channels.a.password | is required with username | -
alerts: {channels: {a: {kind: email, host: h, from: a@b, to: [a@b], port: 0}}} | alerts.channels.a.port | must be 1 to 65535 | -
alerts: {channels: {a: {kind: email, host: h, from: a@b, to: [a@b], tls: ssl}}} | alerts.channels.a.tls | must be starttls or tls or none | -
alerts: {channels: {a: {kind: slack, url: "http://a/x", rules: [provider_donw]}}} | alerts.channels.a.rules[0] | is no rule | did you mean provider_down?
workers: .inf                                                  | workers | must be a whole number | -
"#;

#[test]
fn each_mistake_is_told_by_its_path_with_a_hint() {
    let cases: Vec<&str> = CASES.lines().filter(|line| !line.is_empty()).collect();
    assert!(cases.len() >= 100, "{} cases", cases.len());
    let wrong: Vec<String> = cases.iter().filter_map(|case| deviation(case)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What differs from the case's expectation.
fn deviation(case: &str) -> Option<String> {
    let parts: Vec<&str> = case.split(" | ").map(str::trim).collect();
    let [text, path, message, hint] = parts[..] else { panic!("not a case: {case}") };
    let Err(problems) = world().check(Some(&text.replace("; ", "\n"))) else {
        return Some(format!("{text}: accepted"));
    };
    let [problem] = &problems[..] else {
        return Some(format!("{text}: {} problems\n{}", problems.len(), written(&problems)));
    };
    let fits_hint = match hint {
        "-" => true,
        expected => problem.hint.as_ref().is_some_and(|hint| hint.contains(expected)),
    };
    let fits = problem.path == path && problem.message.contains(message) && fits_hint;
    (!fits || problem.place.is_none()).then(|| format!("{text}:\n{problem}"))
}

#[test]
fn all_problems_come_at_once_in_the_order_of_the_file() {
    let problems = world().bad(concat!(
        "regoin: eu\n",
        "listeners:\n",
        "  - address: localhost:4000\n",
        "  - adress: 127.0.0.1:4000\n",
        "providers:\n",
        "  openai:\n",
        "    credentials: [\"env:MISSING\"]\n",
        "    base_url: api.openai.com/v1\n",
        "models:\n",
        "  fast: { targets: [opnai/gpt-4o, openai] }\n",
        "limits: { body_bytes_max: 32MiB, headers_max: 5 }\n",
    ));
    let told: Vec<(u64, &str)> = problems.iter().map(line_and_path).collect();
    assert_eq!(
        told,
        [
            (1, "regoin"),
            (3, "listeners[0].address"),
            (4, "listeners[1].adress"),
            (7, "providers.openai.credentials[0]"),
            (8, "providers.openai.base_url"),
            (10, "models.fast.targets[0]"),
            (10, "models.fast.targets[1]"),
            (11, "limits.body_bytes_max"),
            (11, "limits.headers_max"),
        ],
        "{}",
        written(&problems)
    );
}

fn line_and_path(problem: &Problem) -> (u64, &str) {
    (problem.place.map_or(0, |place| place.line), &problem.path)
}

#[test]
fn a_refused_provider_is_not_told_again_by_those_who_name_it() {
    let problems = world().bad("providers: {a: 7}\nmodels: {m: {targets: [a/x]}}\n");
    assert_eq!(problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(), ["providers.a"]);
}

#[test]
fn a_problem_names_file_line_and_column() {
    let problems = world().bad("keys:\n  prefx: hs_\n");
    assert_eq!(
        written(&problems),
        "bellwether.yaml:2:3: keys.prefx: unknown key, found prefx\n    hint: did you mean prefix?\n"
    );
}

#[test]
fn no_problem_shows_a_secret() {
    const SECRET: &str = "sk-Zx9Qw8Er7Ty6Ui5Op4As3Df2Gh1";
    let places = [
        "region: x SECRET",
        "SECRET: 1",
        "providers: {a: {base_url: SECRET}}",
        "providers: {a: {base_url: \"https://h/SECRET\"}}",
        "providers: {a: {base_url: \"https://SECRET@h\"}}",
        "providers: {a: {base_url: \"http://h\", api_key: SECRET}}",
        "providers: {a: {base_url: \"http://h\", credentials: SECRET}}",
        "providers: {a: {base_url: \"http://h\", credentials: {key: SECRET}}}",
        "providers: {a: {base_url: \"http://h\", credentials: [[SECRET]]}}",
        "providers: {a: {base_url: \"http://h\", credentials: [\"x SECRET\"]}}",
        "providers: {a: {base_url: \"http://h\", credentials: [SECRET, SECRET]}}",
        "providers: {a: {base_url: \"http://h\", credentials: [\"env:SECRET\"]}}",
        "providers: {a: {kind: SECRET}}",
        "providers: {a: {base_url: \"http://h\", proxy: SECRET}}",
        "providers: {a: {base_url: \"http://h\", proxy: [SECRET]}}",
        "providers: {a: {base_url: \"http://h\", proxy: {url: SECRET}}}",
        "providers: {a: {base_url: \"http://h\", proxy: \"env:SECRET\"}}",
        "providers: {a: {base_url: \"http://h\", proxy: \"ftp://me:SECRET@h\"}}",
        "providers: {a: {base_url: \"http://h\", proxy: \"http://me:SECRET@h:x\"}}",
        "providers: {a: {base_url: \"http://h\", proxy: \"http://SECRET:%@h\"}}",
        "providers: {a: {lines: [{base_url: \"http://h\", proxy: \"https://me:SECRET@h\"}]}}",
        "providers: {a: {base_url: \"http://h\", source_address: SECRET}}",
        "models: {m: {targets: [SECRET]}}",
        "models: {m: {targets: [SECRET/x]}}",
        "metrics: {access: SECRET}",
        "metrics: {key: [SECRET]}",
        "limits: {headers_max: SECRET}",
        "listeners: [{address: SECRET}]",
        "a: 1\na: SECRET",
        "a: [SECRET",
        "a: &SECRET x\nb: *SECRET2",
    ];
    for place in places {
        let problems = world().check(Some(&place.replace("SECRET", SECRET)));
        match problems {
            Ok(_) => assert!(place.contains("https://h/SECRET"), "{place} was accepted"),
            Err(problems) => assert!(!format!("{problems:?}").contains("Zx9Qw8Er"), "{}", written(&problems)),
        }
    }
}
