//! The HTTP server: `/metrics`, the API, the board, health and readiness.
//!
//! | module | what it does |
//! |---|---|
//! | `accept` | accepts connections; limits their number and duration |
//! | `page_response` | responses with pages |
//! | `revalidate` | ETags of pages and API |
//! | `routes` | maps paths to handlers; sets headers, compresses, counts requests |
//! | `metrics` | the text of `/metrics` |
//! | `api` | `/api/v1/…` |
//! | `board` | the HTML pages |
//! | `forms` | pages on which members write, and what their forms send |
//! | `remembered_person` | the name that was last chosen in a form |
//! | `live` | tells open pages that there is something new |
//! | `ticket_rows` | the waiting tickets of an objective as rows |
//! | `writing` | writes what people say as events |
//! | `past_rows` | the past of an objective as rows |
//! | `lookup` | asks the workers about one ticket |

pub(in crate::service) mod accept;
mod api;
pub(in crate::service) mod board;
mod forms;
pub(in crate::service) mod live;
pub(in crate::service) mod lookup;
mod metrics;
mod past_rows;
mod page_response;
mod remembered_person;
mod revalidate;
mod ticket_rows;
pub(in crate::service) mod writing;
pub(in crate::service) mod routes;

pub use board::{AgendaFormat, PastAgendaInputs, agenda_of, agenda_schemas};
pub use metrics::families_of;
