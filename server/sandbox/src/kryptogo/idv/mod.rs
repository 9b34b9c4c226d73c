//! ID verification: pictures of a document and a face come in, with the request (`POST /idv`) or
//! from the customer (`/idv/init` by web page, `/idv/account` by app), and an opinion goes out.
//!
//! A verification's own numbers overlap those of tasks. Published are the members of requests and
//! answers, states and reasons; reconstructions are said where they are built. What comes from
//! whom: `requests` and `images` check, `outcome` decides, `verification` knows its state, `book`
//! lets time pass, `bodies` tells.

mod bodies;
mod book;
mod customer;
mod endpoints;
mod images;
mod outcome;
mod reasons;
mod requests;
mod triggers;
mod verification;

pub(crate) use bodies::detail;
pub(crate) use book::Idvs;
pub(crate) use customer::{address as customer_address, routes as customer_routes};
pub(crate) use endpoints::{account, create, get, init, picture};
pub(crate) use images::Picture;
pub(crate) use outcome::{INITIAL, PENDING};
pub(crate) use requests::Way;
pub(crate) use triggers::IDV_TRIGGERS;
pub(crate) use verification::Idv;

/// The longest body of `POST /idv`: four pictures of 15 MB in base64 and some words.
pub(crate) const BODY_MAX: usize = 100 * 1024 * 1024;
