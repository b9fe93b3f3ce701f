//! Ways out: the line's word before the provider's, and that before the environment's.

use config::Snapshot;

use crate::world::{World, written};

const SECRET: &str = "hunter2-unshown";

/// Each line's proxy as an operator may see it, provider by provider.
fn proxies(snapshot: &Snapshot) -> Vec<Option<String>> {
    let lines = snapshot.providers.iter().flat_map(|provider| &provider.lines);
    lines.map(|line| line.proxy.as_ref().map(ToString::to_string)).collect()
}

/// One provider at `url` in a world with these variables.
#[track_caller]
fn check(variables: &[(&str, &str)], url: &str, expected: Option<&str>) {
    let world =
        variables.iter().fold(World::default(), |world, (name, text)| world.with_variable(name, text));
    let snapshot = world.good(&format!("providers: {{ a: {{ base_url: '{url}' }} }}"));
    assert_eq!(proxies(&snapshot), [expected.map(str::to_owned)], "{variables:?} {url}");
}

#[test]
fn a_line_goes_before_its_provider_and_that_before_the_environment() {
    let world = World::default()
        .with_variable("HTTPS_PROXY", "http://environment:1")
        .with_variable("EGRESS", &format!("socks5h://me:{SECRET}@from-variable:1081"))
        .with_file("/run/secrets/proxy", &format!("http://me:{SECRET}@from-file:3128\n"));
    let snapshot = world.good(
        "
providers:
  a: { base_url: 'https://a/v1' }
  b: { base_url: 'https://b/v1', proxy: 'file:/run/secrets/proxy', source_address: 192.0.2.1 }
  c:
    proxy: 'env:EGRESS'
    source_address: 192.0.2.2
    lines:
      - { base_url: 'https://c1/v1' }
      - { base_url: 'https://c2/v1', proxy: none, source_address: '2001:db8::1' }
      - { base_url: 'https://c3/v1', proxy: 'socks5://own:1' }
      - { base_url: 'https://c4/v1', proxy: Direct }
",
    );
    let expected = [
        Some("http://environment:1"),
        Some("http://…@from-file:3128"),
        Some("socks5h://…@from-variable:1081"),
        None,
        Some("socks5://own:1"),
        None,
    ];
    assert_eq!(proxies(&snapshot), expected.map(|proxy| proxy.map(str::to_owned)));
    let lines = snapshot.providers.iter().flat_map(|provider| &provider.lines);
    let sources: Vec<_> =
        lines.map(|line| line.source_address.map_or(String::new(), |address| address.to_string())).collect();
    assert_eq!(sources, ["", "192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.2", "192.0.2.2"]);
    let login = snapshot.providers[1].lines[0].proxy.as_ref().and_then(|proxy| proxy.login()).unwrap();
    assert_eq!((login.user.expose(), login.password.expose()), ("me", SECRET));
    assert_eq!(snapshot.notes, ["a:443 is reached through the proxy environment:1 (HTTPS_PROXY)"]);
    assert!(!format!("{snapshot:?}").contains(SECRET), "secrets are not printed");
}

#[test]
fn a_login_as_plain_text_is_taken_with_a_word_of_warning() {
    let text = format!("providers: {{ a: {{ base_url: 'https://a', proxy: 'http://me:{SECRET}@h:1' }} }}");
    let snapshot = World::default().good(&text);
    assert_eq!(snapshot.notes.len(), 1);
    assert!(snapshot.notes[0].starts_with("providers.a.proxy holds a login as plain text"));
    assert!(!snapshot.notes[0].contains(SECRET));
    let snapshot = World::default().good("providers: { a: { base_url: 'https://a', proxy: 'http://h:1' } }");
    assert!(snapshot.notes.is_empty(), "an address alone is no secret");
}

#[test]
fn the_environment_is_read_as_others_read_it() {
    let (tls, plain) = ("https://api.example.com/v1", "http://api.example.com/v1");
    check(&[("HTTPS_PROXY", "http://p:1")], tls, Some("http://p:1"));
    check(&[("https_proxy", "http://p:1"), ("HTTPS_PROXY", "http://q:1")], tls, Some("http://p:1"));
    check(&[("HTTPS_PROXY", "http://p:1")], plain, None);
    check(&[("HTTP_PROXY", "http://p:1")], tls, None);
    check(&[("HTTP_PROXY", "http://p:1")], plain, Some("http://p:1"));
    check(&[("http_proxy", "http://p:1"), ("HTTP_PROXY", "http://q:1")], plain, Some("http://p:1"));
    check(&[("ALL_PROXY", "socks5h://p")], tls, Some("socks5h://p:1080"));
    check(&[("all_proxy", "socks5://p"), ("http_proxy", "http://q:1")], plain, Some("http://q:1"));
    check(&[("HTTPS_PROXY", "p:8080")], tls, Some("http://p:8080"));
    check(&[("HTTPS_PROXY", " ")], tls, None);
    // A web server that starts us would have set it from a caller's header.
    check(&[("HTTP_PROXY", "http://p:1"), ("REQUEST_METHOD", "GET")], plain, None);
    check(&[("http_proxy", "http://p:1"), ("REQUEST_METHOD", "GET")], plain, Some("http://p:1"));
}

#[test]
fn some_are_left_out() {
    let proxy = ("ALL_PROXY", "http://p:1");
    for (list, url, expected) in [
        ("example.com", "https://api.example.com/v1", None),
        (".other.com", "https://api.example.com/v1", Some("http://p:1")),
        ("*", "https://api.example.com/v1", None),
        ("10.0.0.0/8", "http://10.1.2.3:8000/v1", None),
        ("10.1.2.3:9000", "http://10.1.2.3:8000/v1", Some("http://p:1")),
        ("", "http://127.0.0.1:8000/v1", None),
        ("", "http://localhost:8000/v1", None),
        ("", "http://[::1]:8000/v1", None),
    ] {
        check(&[proxy, ("NO_PROXY", list)], url, expected);
        check(
            &[proxy, ("no_proxy", list), ("NO_PROXY", "*")],
            url,
            if list.is_empty() { None } else { expected },
        );
    }
    // What the file says holds for this machine too, and whatever NO_PROXY says.
    let world = World::default().with_variable("NO_PROXY", "*");
    let snapshot = world.good("providers: { a: { base_url: 'http://127.0.0.1:1', proxy: 'http://p:1' } }");
    assert_eq!(proxies(&snapshot), [Some("http://p:1".to_owned())]);
}

#[test]
fn providers_of_the_environment_take_its_proxy_too() {
    let world = World::default()
        .with_variable("OPENAI_API_KEY", "k")
        .with_variable("MINE_API_KEY", "k")
        .with_variable("MINE_BASE_URL", "http://10.0.0.1/v1")
        .with_variable("HTTPS_PROXY", &format!("http://me:{SECRET}@127.0.0.1:7890"));
    let snapshot = world.check(None).unwrap();
    assert_eq!(proxies(&snapshot), [Some("http://…@127.0.0.1:7890".to_owned()), None]);
    assert_eq!(
        snapshot.notes,
        ["api.openai.com:443 is reached through the proxy 127.0.0.1:7890 (HTTPS_PROXY)"]
    );
}

#[test]
fn a_bad_variable_is_told_once_by_its_name_and_only_if_it_is_needed() {
    let world = World::default().with_variable("HTTPS_PROXY", &format!("https://me:{SECRET}@h"));
    let text = "providers: { a: { base_url: 'https://a' }, b: { base_url: 'https://b' } }";
    let problems = world.bad(text);
    let [problem] = &problems[..] else { panic!("{}", written(&problems)) };
    assert_eq!((problem.path.as_str(), &problem.file), ("HTTPS_PROXY", &None));
    assert!(problem.message.contains("TLS to the proxy itself"), "{problem}");
    assert!(!format!("{problem:?}").contains(SECRET));
    world.good("providers: { a: { base_url: 'http://a' }, b: { base_url: 'https://b', proxy: none } }");
}
