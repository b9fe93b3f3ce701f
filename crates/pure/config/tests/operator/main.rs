//! Configuration as an operator meets it: texts and variables in, a snapshot or problems out.

mod bad;
mod catalog;
mod chains;
mod effective;
mod environment;
mod examples;
mod good;
mod properties;
mod proxies;
mod schema;
mod world;
