//! The HTTP server: `/metrics`, the API, the board, health and readiness.
//!
//! | module | what it does |
//! |---|---|
//! | `accept` | accepts connections, and bounds how many and for how long |
//! | `routes` | which path is answered by what, and the headers of every response |
//! | `metrics` | the text of `/metrics` |
//! | `api` | `/api/v1/…` |
//! | `board` | the pages that people read |

pub(in crate::service) mod accept;
mod api;
mod board;
mod metrics;
pub(in crate::service) mod routes;
