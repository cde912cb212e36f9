//! Responses with pages, and the language of a page.

use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, COOKIE, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::address;
use crate::service::http::board::{Language, Page, PageLanguage};

/// A page with a status.
pub(super) fn html_page(status: StatusCode, page: Page) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "private, no-cache"),
        (VARY, "accept-language"),
    ];
    (status, headers, page.html.into_string()).into_response()
}

/// The same of a page whose forms offer the name that the browser remembers.
pub(super) fn page_with_forms(status: StatusCode, page: Page) -> Response {
    let mut response = html_page(status, page);
    response.headers_mut().append(VARY, HeaderValue::from_name(COOKIE));
    response
}

/// The language of the address, else of `Accept-Language`, else the default.
pub(super) fn page_language(headers: &HeaderMap, uri: &Uri) -> PageLanguage {
    let mut asked = address::languages_asked(uri.query().unwrap_or_default());
    let asked = asked.find_map(Language::from_tag);
    let accepted = || Language::accepted(headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?);
    PageLanguage {
        language: asked.or_else(accepted).unwrap_or(Language::DEFAULT),
        is_asked: asked.is_some(),
    }
}
