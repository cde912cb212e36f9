//! The name that somebody last chose in a form, which their browser remembers in a cookie.
//!
//! # Security
//! The cookie proves nothing: forms only offer the name again, and whoever writes sends it with the form, as
//! without a cookie. Where a proxy names the person, there is no cookie. It is sent to this site only, from
//! pages of this site only, and scripts do not see it.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use percent_encoding::percent_decode_str;

use crate::address;
use crate::name;

/// The name of the cookie.
const NAME: &str = "vaste_person";

/// How long a browser keeps it: a year, in seconds.
const MAX_AGE: u32 = 365 * 24 * 60 * 60;

/// The cookie that remembers a person.
pub(super) fn cookie(person: &str) -> String {
    let value = address::segment(person);
    format!("{NAME}={value}; Path=/; Max-Age={MAX_AGE}; SameSite=Strict; HttpOnly")
}

/// The person whom a browser remembers; `None` without one, or if it is not a name.
pub(super) fn of(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).map(str::trim);
    let value = pairs.find_map(|pair| pair.strip_prefix(NAME)?.strip_prefix('='))?;
    let person = percent_decode_str(value).decode_utf8().ok()?.into_owned();
    name::is_name(&person).then_some(person)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|cookie| (COOKIE, cookie.parse().unwrap())).collect()
    }

    #[test]
    fn a_name_that_was_remembered_is_read_again() {
        for person in ["aino", "Äiti; x=1, \"y\" %41", "日本"] {
            let cookie = cookie(person);
            assert!(cookie.is_ascii() && cookie.matches(';').count() == 4, "{cookie}");
            let sent = cookie.split(';').next().unwrap();
            assert_eq!(of(&headers(&[sent])).as_deref(), Some(person));
            let others = format!("a=b; {sent}; vaste_person_=c");
            assert_eq!(of(&headers(&["other=1", &others])).as_deref(), Some(person));
        }
    }

    #[test]
    fn what_is_no_name_is_not_offered() {
        let long = format!("vaste_person={}", "x".repeat(200));
        for cookie in
            ["", "vaste_person", "vaste_person=", "vaste_person=%00", "vaste_person=%FF", &long]
        {
            assert_eq!(of(&headers(&[cookie])), None, "{cookie}");
        }
    }
}
