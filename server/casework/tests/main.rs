//! The tests of casework: its actions and workers on real databases, against the providers'
//! stand-in.
//!
//! Each `on_both!` body runs on SQLite and on PostgreSQL. PostgreSQL comes from
//! `cargo xtask postgres -- cargo test -p casework`.

mod support;

mod callbacks;
mod connections;
mod crash;
mod create;
mod customers;
mod decide_many;
mod decision;
mod disk;
mod drift;
mod erase;
mod factor;
mod generate;
mod guessing;
mod honest;
mod idv;
mod idv_corpus;
mod idv_faults;
mod idv_pictures;
mod idv_repairs;
mod inspection;
mod instances;
mod instant;
mod intake;
mod journal;
mod last;
mod launch;
mod lines;
mod many;
mod memory;
mod objects;
mod one_rule;
mod outage;
mod outcome;
mod people;
mod policies;
mod queue;
mod record;
mod refused_rows;
mod roles;
mod schema;
mod sealing;
mod seen;
mod sessions;
mod storm;
mod take;
mod team;
mod telling;
mod troubles;
mod undone;
mod unreached;
mod video;
mod webhooks;
mod webhooks_understood;
mod who;
mod whose;
mod workers;
