//! The desk over real HTTP: one test program, so that it is linked once.

mod address;
mod backup;
mod bucket;
mod casework_over_http;
mod compressed;
mod connections;
mod doors;
mod erased;
mod fuzz;
mod garbage;
mod hostile;
mod inspection;
mod instances;
mod kills;
mod locked;
mod markup;
mod parsed;
mod private;
mod said;
mod schema;
mod sessions;
mod support;
mod uploads;
mod webhooks;
mod who;
