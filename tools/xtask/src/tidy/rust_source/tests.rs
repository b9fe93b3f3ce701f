//! Samples of all that can hide a brace or a word: strings, characters, lifetimes, comments.

use super::*;

fn code_words(text: &str) -> Vec<String> {
    RustSource::parse(text).words().map(|(_, word)| word.to_owned()).collect()
}

fn check(text: &str, code: &[&str], literals: &[&str], comments: &[&str]) {
    let source = RustSource::parse(text);
    let split = |text: &str| words(text).map(|(_, word)| word.to_owned()).collect::<Vec<_>>();
    assert_eq!(split(&source.code), code, "code of {text}");
    assert_eq!(split(&source.literals), literals, "literals of {text}");
    assert_eq!(split(&source.comments), comments, "comments of {text}");
    assert_eq!(source.code.len(), text.len(), "places are kept in {text}");
}

#[test]
fn code_literals_and_comments_are_told_apart() {
    check(r#"let a = "b \" c"; // d "e""#, &["let", "a"], &["b", "c"], &["d", "e"]);
    check(r##"f(r#"a "b" c"#, d)"##, &["f", "r", "d"], &["a", "b", "c"], &[]);
    check(r#"f(br"a\", b"c", c"d")"#, &["f", "br", "b", "c"], &["a", "c", "d"], &[]);
    check("a /* b /* c */ d */ e", &["a", "e"], &[], &["b", "c", "d"]);
    check(r"('a', '\'', '\u{1F600}', 'é', b'{')", &["b"], &["a", "u", "1F600", "é"], &[]);
    check(
        "fn f<'a>(x: &'a str, y: &'static str) {}",
        &["fn", "f", "a", "x", "a", "str", "y", "static", "str"],
        &[],
        &[],
    );
    check("'outer: loop { break 'outer }", &["outer", "loop", "break", "outer"], &[], &[]);
    check("let r#type = for_; // é", &["let", "r", "type", "for_"], &[], &["é"]);
}

#[test]
fn an_open_end_does_not_run_away() {
    for text in ["\"abc", "r#\"abc", "/* abc", "'", "'\\", "b", "r", "fn f(", "mod a {", "\\"] {
        RustSource::parse(text);
    }
}

#[test]
fn functions_are_measured_from_fn_to_closing_brace() {
    let source = RustSource::parse(
        "#[test]\npub async fn a(f: fn(u8) -> u8, s: [u8; 2]) -> char\nwhere\n    u8: Copy,\n{\n    '}';\n    \"}\";\n}\n\
         trait T {\n    fn declared(&self);\n    fn given(&self) {}\n}\n",
    );
    let found: Vec<_> = source.functions.iter().map(|it| (it.name.as_str(), it.line, it.lines)).collect();
    assert_eq!(found, [("a", 2, 7), ("given", 11, 1)]);
}

#[test]
fn test_modules_are_known() {
    let text = "mod a;\nmod b { fn x() {} }\n#[cfg(test)]\nmod tests {\n    fn y() {}\n}\nfn z() {}\n";
    let source = RustSource::parse(text);
    let is_test = |name: &str| source.is_test(text.find(name).expect("it is there"));
    assert_eq!((is_test("fn x"), is_test("fn y"), is_test("fn z")), (false, true, false));
    assert_eq!(source.inline_modules.len(), 2);
}

#[test]
fn words_keep_other_alphabets_whole() {
    assert_eq!(code_words("naïve_é x1"), ["naïve_é", "x1"]);
}
