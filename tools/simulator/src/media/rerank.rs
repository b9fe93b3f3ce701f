//! `POST /rerank`: a document is as good as the share of the query's words that it has.

use serde_json::{Value, json};

use crate::ask::{Ask, invalid};
use crate::reply::Reply;
use crate::text::tokens_in;

const DOCUMENTS_MAX: usize = 1000;

/// Ranks documents.
pub(super) fn answer(body: &Value, ask: &mut Ask<'_>) -> Result<Reply, Reply> {
    let model = ask.model(body)?;
    let query = body["query"].as_str().filter(|query| !query.is_empty());
    let query = query.ok_or_else(|| invalid("query", "must be a text"))?;
    let documents = body["documents"].as_array().filter(|list| (1..=DOCUMENTS_MAX).contains(&list.len()));
    let documents =
        documents.ok_or_else(|| invalid("documents", &format!("must be 1 to {DOCUMENTS_MAX}")))?;
    let texts: Option<Vec<&str>> =
        documents.iter().map(|document| document.as_str().or_else(|| document["text"].as_str())).collect();
    let texts = texts.ok_or_else(|| invalid("documents", "must be texts, or objects with a text"))?;

    let mut ranked: Vec<(usize, f64)> = texts.iter().map(|text| relevance(query, text)).enumerate().collect();
    ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let top = body["top_n"].as_u64().map_or(ranked.len(), |top| top as usize);
    let returns = body["return_documents"] == true;
    let results: Vec<Value> = ranked
        .into_iter()
        .take(top)
        .map(|(index, score)| {
            let mut result = json!({ "index": index, "relevance_score": score });
            if returns {
                result["document"] = json!({ "text": texts[index] });
            }
            result
        })
        .collect();
    let tokens = texts.iter().map(|text| tokens_in(text) + tokens_in(query)).sum::<usize>();
    Ok(Reply::json(
        200,
        json!({
            "id": ask.id("rerank-"), "model": model, "results": results, "usage": { "total_tokens": tokens },
            "meta": { "api_version": { "version": "2" }, "billed_units": { "search_units": 1 } },
        }),
    ))
}

fn relevance(query: &str, text: &str) -> f64 {
    let text = text.to_lowercase();
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let found = words.iter().filter(|word| text.contains(**word)).count();
    found as f64 / words.len().max(1) as f64
}
