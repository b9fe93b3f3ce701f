//! The committed schema is the one the code makes. `UPDATE_SCHEMA=1 cargo test -p config` writes it anew.

use std::path::Path;

#[test]
fn the_committed_schema_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../config.schema.json");
    let made = config::schema_text();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap();
    assert!(committed == made, "config.schema.json is stale: run UPDATE_SCHEMA=1 cargo test -p config");
}

#[test]
fn every_key_of_the_schema_is_described() {
    fn look(value: &serde_json::Value, path: &str) {
        let properties = value.get("properties").and_then(serde_json::Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            assert!(schema.get("description").is_some(), "{path}.{name} has no description");
        }
        let definitions = value.get("$defs").and_then(serde_json::Value::as_object);
        for (name, schema) in definitions.into_iter().flatten() {
            look(schema, name);
            if schema.get("properties").is_some() {
                assert_eq!(
                    schema.get("additionalProperties"),
                    Some(&false.into()),
                    "{name} takes unknown keys"
                );
            }
        }
    }
    let schema: serde_json::Value = serde_json::from_str(&config::schema_text()).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    look(&schema, "");
}
