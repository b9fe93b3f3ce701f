//! What must hold of any form: where it is cut never matters, and what is found is what was written.
#![cfg(test)]

use dialects::framing::multipart::{Boundary, MultipartFlaw, MultipartScan, boundary_of};
use dialects::json::Field;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const WANTED: &[&str] = &["model", "stream"];

type Found = Result<Vec<Option<Field>>, MultipartFlaw>;

fn scan(boundary: &Boundary, mut form: &[u8], cuts: &[usize]) -> Found {
    let mut scan = MultipartScan::new(boundary, WANTED);
    for cut in cuts {
        let (piece, rest) = form.split_at((*cut).min(form.len()));
        scan.feed(piece)?;
        form = rest;
    }
    scan.feed(form)?;
    scan.finish()
}

/// Of few letters, so that much looks like a delimiter.
fn boundary() -> impl Strategy<Value = String> {
    "[-ab]{1,5}"
}

fn content() -> impl Strategy<Value = String> {
    vec(select(&["-", "--", "a", "b", "\r\n", "\r", "\n", "\r\n--", "c"][..]), 0..12)
        .prop_map(|it| it.concat())
}

/// Name and content.
type Part = (&'static str, String);

fn part() -> impl Strategy<Value = Part> {
    (select(&["model", "stream", "file", "n", "Model"][..]), content())
}

fn written(boundary: &str, parts: &[Part]) -> String {
    let part = |(name, content): &Part| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
    };
    parts.iter().map(part).chain([format!("--{boundary}--\r\n")]).collect()
}

proptest! {
    #[test]
    fn where_a_form_is_cut_never_matters(
        boundary in boundary(),
        parts in vec(part(), 0..4),
        spoilt in proptest::option::of((any::<prop::sample::Index>(), select(&b"\r\n-ax:;\"\0"[..]))),
        cuts in vec(0..20_usize, 0..30),
    ) {
        let mut form = written(&boundary, &parts).into_bytes();
        if let Some((place, byte)) = spoilt {
            let place = place.index(form.len());
            form[place] = byte;
        }
        let boundary = boundary_of(format!("multipart/form-data; boundary={boundary}").as_bytes()).unwrap();
        let whole = scan(&boundary, &form, &[]);
        prop_assert_eq!(&scan(&boundary, &form, &cuts), &whole);
        prop_assert_eq!(&scan(&boundary, &form, &vec![1; form.len()]), &whole);
    }

    #[test]
    fn what_is_found_is_what_was_written(
        boundary in boundary(),
        file in content(),
        model in content(),
        is_first in any::<bool>(),
    ) {
        let mut parts = vec![("file", file.clone()), ("model", model.clone())];
        if is_first {
            parts.reverse();
        }
        let form = written(&boundary, &parts);
        let named = boundary_of(format!("multipart/form-data; boundary={boundary}").as_bytes()).unwrap();
        let delimiter = format!("--{boundary}");
        let found = scan(&named, form.as_bytes(), &[]);
        // Whoever writes a form chooses a boundary that is not in it, nor becomes part of it at a seam.
        let is_inside = [&file, &model].iter().any(|content| format!("{content}\r\n").contains(&delimiter));
        if is_inside {
            if let Ok(fields) = found {
                prop_assert_eq!(fields[0].as_ref().and_then(|field| field.text.clone()), Some(model.into_bytes()));
            }
        } else {
            let fields = found.unwrap();
            let field = fields[0].as_ref().unwrap();
            prop_assert_eq!(&form[field.span.clone()], &model);
            prop_assert_eq!(field.text.as_deref(), Some(model.as_bytes()));
            prop_assert_eq!(&fields[1], &None);
        }
    }
}
