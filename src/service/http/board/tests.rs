//! Pages rendered from published views: their texts, and the escaping of hostile names.

use std::io::Read as _;
use std::sync::Arc;

use super::*;
use crate::agreement::VerdictState;
use crate::event::Kind;
use crate::measure::Measure;
use crate::service::kafka::trouble::Trouble;
use crate::service::scenario::{
    ViewBuilder, agreement, agreements, assert_snapshot, fetch, fetch_bytes, flagged,
    full_agreement, none_over, now, serve, teams_in_every_state, within,
};
use crate::share::{MaxShare, Share};
use crate::time::{DAY_MS, Elapsed, MINUTE_MS};

fn frozen_now(
    mut published: PublishedView,
    not_ready: NotReady,
    has_been_trusted: bool,
) -> PublishedView {
    if has_been_trusted {
        published = PublishedView {
            trusted: Some(Arc::new(teams_in_every_state().publish())),
            ..published
        };
    }
    PublishedView { frozen: Some(not_ready), ..published }
}

fn reader(code: &str) -> PageLanguage {
    PageLanguage { language: Language::from_tag(code).unwrap(), is_asked: false }
}

/// The codes of all languages.
fn codes() -> impl Iterator<Item = &'static str> {
    Language::all().map(Language::code)
}

fn html(published: &PublishedView, route: &Route, code: &str) -> String {
    page(published, route, reader(code)).html.into_string()
}

/// The text of a page, one line for each block element, with the states of its objectives. The links to the
/// other languages are left out: one more language changes no page of the others.
pub(super) fn text(html: &str) -> String {
    const BLOCKS: [&str; 16] = [
        "p", "h1", "h2", "h3", "li", "tr", "dt", "article", "section", "main", "header", "caption",
        "title", "ul", "nav", "dl",
    ];
    let mut text = String::new();
    let links = html.split_once("<nav class=\"languages\"");
    let (before, after) =
        links.map_or((html, ""), |(before, links)| (before, links.split_once("</nav>").unwrap().1));
    for piece in before.split('<').skip(1).chain(after.split('<').skip(1)) {
        let (tag, content) = piece.split_once('>').unwrap();
        let name = tag.split([' ', '\n']).next().unwrap().trim_start_matches('/');
        if BLOCKS.contains(&name) {
            text.push('\n');
        } else if ["td", "th", "dd"].contains(&name) && !tag.starts_with('/') {
            text.push_str(" | ");
        }
        for attribute in ["data-state", "data-last-state", "data-team-state", "data-behind-market"]
        {
            if let Some((_, value)) = tag.split_once(&format!("{attribute}=\"")) {
                text.extend(["[", attribute, " ", value.split('"').next().unwrap(), "] "]);
            }
        }
        text.push_str(content);
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.replace('\u{a0}', " ") + "\n").collect()
}

fn objective_of(team: &str, name: &str) -> Route {
    Route::Objective { team: team.to_owned(), name: name.to_owned() }
}

#[test]
fn targets_in_working_days_read_in_every_language() {
    let published = crate::service::scenario::working_days().publish();
    for code in codes() {
        let shown = |name| text(&html(&published, &objective_of("parcels", name), code));
        let pages = ["first-reply", "solved", "nobody-forgotten"].map(shown);
        let lines = pages.iter().flat_map(|page| page.lines());
        let one = reader(code).language.texts().format("working-days", &[("count", 1.into())]);
        let working_day = one.trim_start_matches(['1', '\u{a0}']);
        let lines = lines.filter(|line| line.contains(working_day));
        let lines: Vec<String> = lines.map(|line| line.to_owned() + "\n").collect();
        assert_snapshot(&format!("working_days_{code}"), &lines.concat());
    }
}

#[test]
fn pages_show_every_state_in_every_language() {
    let published = teams_in_every_state().publish();
    for code in codes() {
        let shown = |route| text(&html(&published, &route, code));
        assert_snapshot(&format!("teams_{code}"), &shown(Route::Teams(TeamOrder::TroubleFirst)));
        assert_snapshot(&format!("wall_{code}"), &shown(Route::Wall));
        let teams = ["billing", "press", "_unclaimed", "_all"];
        let teams = teams.map(|team| shown(Route::Team(team.to_owned())));
        assert_snapshot(&format!("team_{code}"), &teams.join("\n=====\n\n"));
        let objectives = [
            ("billing", "first-reply"),
            ("billing", "nobody-forgotten"),
            ("support", "first-reply"),
            ("support", "solved"),
            ("orders", "first-reply"),
        ];
        let objectives = objectives.map(|(team, name)| shown(objective_of(team, name)));
        assert_snapshot(&format!("objective_{code}"), &objectives.join("\n=====\n\n"));
        let missing =
            [Route::Unknown, Route::Team("nobody".to_owned()), objective_of("billing", "nothing")];
        assert_snapshot(&format!("not_found_{code}"), &missing.map(shown).join("\n=====\n\n"));
    }
}

/// Open time, own pauses, earlier levels, splits, the market, the breakdown, ratings, a count.
#[test]
fn pages_show_every_feature_of_an_agreement() {
    let published = full_agreement().publish();
    for code in codes() {
        let routes = [
            Route::Team("care".to_owned()),
            objective_of("care", "first-reply"),
            objective_of("care", "handled"),
            objective_of("care", "asked-once"),
            objective_of("care", "nobody-forgotten"),
            objective_of("_all", "first-reply"),
        ];
        let pages = routes.map(|route| text(&html(&published, &route, code)));
        assert_snapshot(&format!("whole_{code}"), &pages.join("\n=====\n\n"));
    }
}

/// What changed in the agreement of an objective, with the verdicts by the text before.
#[test]
fn pages_show_what_changed_in_the_agreement() {
    let published = PublishedView {
        changes: Arc::new(crate::service::scenario::changes()),
        ..teams_in_every_state().publish()
    };
    for code in codes() {
        let shown = |name| {
            let page = text(&html(&published, &objective_of("billing", name), code));
            let heading = Language::from_tag(code).unwrap().texts().text("heading-changes");
            page.split_once(&*heading).unwrap().1.to_owned()
        };
        let pages = ["first-reply", "nobody-forgotten"].map(shown);
        assert_snapshot(&format!("changes_{code}"), &pages.join("\n=====\n\n"));
    }
    let other = text(&html(&published, &objective_of("orders", "first-reply"), "en"));
    assert!(!other.contains("Changes of the agreement"), "{other}");
}

/// What changed the figures without a sooner answer, on the pages of a team and of an objective.
#[test]
fn pages_show_what_changed_the_figures_without_an_answer() {
    let published = flagged().publish();
    for code in codes() {
        let routes = [Route::Team("orders".to_owned()), objective_of("orders", "first-reply")];
        let pages = routes.map(|route| text(&html(&published, &route, code)));
        assert_snapshot(&format!("flags_{code}"), &pages.join("\n=====\n\n"));
    }
}

/// A certain miss below the minimum of tickets, a history that starts inside the window, and no
/// events.
#[test]
fn pages_show_the_reason_of_a_verdict() {
    let mut certain = ViewBuilder::new(&agreements());
    certain.add_answered("orders", "late", 3, 600);
    let certain = certain.publish();
    let mut recent = teams_in_every_state();
    recent.view.set_history_from(Some(now().minus(Elapsed::from_ms(DAY_MS))));
    let recent = recent.publish();
    let empty = ViewBuilder::new(&agreements()).publish();
    for code in codes() {
        let orders = objective_of("orders", "first-reply");
        let nobody = objective_of("_all", "nobody-forgotten");
        let pages = [
            html(&certain, &orders, code),
            html(&recent, &orders, code),
            html(&recent, &nobody, code),
            html(&empty, &orders, code),
            html(&empty, &Route::Team("press".to_owned()), code),
        ];
        assert_snapshot(&format!("why_{code}"), &pages.map(|page| text(&page)).join("\n=====\n\n"));
    }
}

/// Too many tickets were closed unanswered, or were over target when they were marked as spam.
#[test]
fn pages_say_that_too_many_ended_unanswered_or_as_spam() {
    let mut agreed = agreements();
    for objective in agreed.iter_mut().flat_map(|agreement| &mut agreement.objectives) {
        objective.unanswered_max = MaxShare::from_basis_points(1_000);
    }
    let mut unanswered = ViewBuilder::new(&agreed);
    unanswered.add_answered("orders", "good", 30, 60);
    unanswered.add_ended("orders", Kind::Closed, 4, 60);
    let unanswered = unanswered.publish();
    let mut spam = ViewBuilder::new(&agreed);
    spam.add_answered("orders", "good", 30, 60);
    spam.add_ended("orders", Kind::MarkedSpam, 4, 600);
    let spam = spam.publish();
    for code in codes() {
        let page = |published| text(&html(published, &objective_of("orders", "first-reply"), code));
        let [unanswered, spam] = [&unanswered, &spam].map(page);
        if code == "en" {
            let closed = "Too many tickets ended unanswered: 11.8% of 34, and 10% is the most that is \
                          agreed.";
            assert!(unanswered.contains(closed), "{unanswered}");
            let marked = "The level would be met, but 4 tickets over target were marked as spam: more than \
                          the level allows to be over target.";
            assert!(spam.contains(marked), "{spam}");
        }
        assert_snapshot(&format!("unanswered_{code}"), &[unanswered, spam].join("\n=====\n\n"));
    }
}

#[test]
fn a_frozen_board_keeps_its_states_and_shows_the_reason() {
    let mut builder = teams_in_every_state();
    builder.view.set_frozen(true);
    let reasons = [
        NotReady::Starting,
        NotReady::Trouble(Trouble::Store("broker <b>down</b>".to_owned())),
        NotReady::PartitionsUnknown,
        NotReady::Overloaded,
        NotReady::PartitionsElsewhere { held: 1, all: 3, is_static: false },
        NotReady::Behind { behind: 2, all: 3 },
    ];
    for code in codes() {
        let kept = frozen_now(builder.publish(), NotReady::Behind { behind: 1, all: 3 }, true);
        let page = text(&html(&kept, &objective_of("billing", "first-reply"), code));
        assert_snapshot(&format!("frozen_{code}"), &page);
        let mut pages = Vec::new();
        for not_ready in &reasons {
            let fresh = frozen_now(builder.publish(), not_ready.clone(), false);
            pages.push(text(&html(&fresh, &Route::Team("billing".to_owned()), code)));
        }
        assert_snapshot(&format!("being_read_{code}"), &pages.join("\n=====\n\n"));
    }
}

#[test]
fn a_frozen_view_keeps_only_the_last_trusted_one() {
    let trusted = Arc::new(teams_in_every_state().publish());
    let frozen = PublishedView {
        frozen: Some(NotReady::Starting),
        trusted: PublishedView::last_trusted(&trusted),
        ..teams_in_every_state().publish()
    };
    let next = PublishedView::last_trusted(&Arc::new(frozen)).unwrap();
    assert!(Arc::ptr_eq(&next, &trusted));
    assert!(next.trusted.is_none());
}

#[test]
fn hostile_names_are_escaped_and_their_pages_exist() {
    let names = [
        "<script>alert(1)</script>".to_owned(),
        "\"' onmouseover=x a=\"".to_owned(),
        "a/b?c#d%2F&amp;é".to_owned(),
        "\u{202e}\u{2069}gnillib".to_owned(),
        "   ".to_owned(),
        "W".repeat(128),
        "{ $count }".to_owned(),
        "]]>--><!--".to_owned(),
    ];
    for name in &names {
        let objective = within(name, Measure::FirstReply, 4, 1);
        let agreements = [agreement(name, name, name, vec![objective])];
        let mut builder = ViewBuilder::new(&agreements);
        builder.add_answered(name, "t", 3, 10);
        let published = builder.publish();
        for route in [
            Route::Teams(TeamOrder::TroubleFirst),
            Route::Wall,
            Route::Team(name.clone()),
            objective_of(name, name),
        ] {
            let page = page(&published, &route, reader("fi"));
            assert!(page.is_found, "{name}");
            let own = format!("<script src=\"{}\" defer></script>", address::SCRIPT);
            let html = page.html.into_string().replacen(&own, "", 1);
            for bad in ["<script", "\" onm", "<!--", "style=\""] {
                assert!(!html.contains(bad), "{name}: {bad} in {html}");
            }
            let shown = text(&html);
            assert!(!shown.contains(['\u{202e}', '\u{2069}']), "{shown}");
            let links = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            for link in links.filter(|link| link.starts_with("/teams/")) {
                let plain = |c: char| c.is_ascii_alphanumeric() || "/%?=-._~".contains(c);
                assert!(link.chars().all(plain), "{link}");
            }
        }
    }
}

#[test]
fn every_objective_has_its_state_in_data_attributes() {
    let published = teams_in_every_state().publish();
    let page = html(&published, &Route::Teams(TeamOrder::TroubleFirst), "en");
    for (team, objective, state) in [
        ("billing", "first-reply", VerdictState::Missed),
        ("billing", "nobody-forgotten", VerdictState::Missed),
        ("support", "first-reply", VerdictState::AtRisk),
        ("support", "solved", VerdictState::InsufficientData),
        ("orders", "first-reply", VerdictState::Met),
        ("_all", "nobody-forgotten", VerdictState::Met),
        ("press", "", VerdictState::NotAgreed),
        ("_unclaimed", "", VerdictState::NotAgreed),
    ] {
        let state = state.label();
        let attributes =
            format!("data-team=\"{team}\" data-objective=\"{objective}\" data-state=\"{state}\"");
        assert!(page.contains(&attributes), "{attributes}");
    }
    let frozen = frozen_now(published, NotReady::Starting, true);
    let page = html(&frozen, &Route::Teams(TeamOrder::TroubleFirst), "en");
    assert!(
        page.contains(
            "data-objective=\"first-reply\" data-state=\"frozen\" data-last-state=\"met\""
        )
    );
}

#[test]
fn links_keep_the_language_of_the_address() {
    let published = teams_in_every_state().publish();
    let asked = PageLanguage { is_asked: true, ..reader("fi") };
    let page = page(&published, &objective_of("billing", "first-reply"), asked).html.into_string();
    let links = page.split("<a ").skip(1).filter(|link| link.contains("href=\"/"));
    let links: Vec<&str> = links.collect();
    for code in codes() {
        let asked = format!("?lang={code}\"");
        let count = links.iter().filter(|link| link.contains(&asked)).count();
        // The links to other pages keep the language; each other language has one link.
        assert_eq!(count, if code == "fi" { 5 } else { 1 }, "{code}: {page}");
    }
}

#[test]
fn a_missed_level_never_shows_the_agreed_share() {
    let agreed = Share::from_basis_points(9_000).unwrap();
    let objective = within("o", Measure::FirstReply, 4, 1);
    let mut published = teams_in_every_state().publish();
    let mut verdict = published.verdicts.swap_remove(0);
    let (id, ..) = published.catalog.objectives().next().unwrap();
    for decided in 1..300_u64 {
        for missed in 0..=decided {
            (verdict.decided, verdict.missed) = (decided, missed);
            let view = ObjectiveView {
                id,
                scope: crate::catalog::ScopeId::FIRST,
                objective: &objective,
                level: &objective.level,
                over: objective.over,
                unanswered_max: None,
                verdict: Some(&verdict),
                detail: None,
            };
            let is_met = agreed.is_met_by(decided - missed, decided);
            let shown = view.shown_share(agreed).unwrap();
            assert_eq!(shown >= 9_000, is_met);
            assert_eq!(shown == 10_000, missed == 0);
            assert_eq!(view.allowance().is_some_and(|of| missed <= of.allowed), is_met);
        }
    }
}

#[test]
fn every_response_has_security_headers_and_only_get_is_allowed() {
    let (_runtime, address) = serve(teams_in_every_state().publish());
    for (request, status) in [
        ("GET /", "200"),
        ("HEAD /", "200"),
        ("GET /teams/billing", "200"),
        ("GET /teams/%62illing/objectives/first-reply?lang=fi", "200"),
        ("GET /teams/_all", "200"),
        ("GET /teams/_unclaimed", "200"),
        ("GET /teams/unclaimed", "404"),
        ("GET /teams/nobody", "404"),
        ("GET /teams/%ff", "404"),
        ("GET /teams/billing/objectives/nothing", "404"),
        ("GET /nothing", "404"),
        ("GET /assets/board.css", "200"),
        ("GET /assets/icon.svg", "200"),
        ("GET /assets/board.js", "200"),
        ("GET /?wall", "200"),
        ("GET /assets/..%2f..%2fsecret", "404"),
        ("GET /metrics", "200"),
        ("GET /-/ready", "200"),
        ("GET /-/healthy", "200"),
        ("POST /", "405"),
        ("DELETE /teams/billing", "405"),
        ("PUT /nothing", "405"),
    ] {
        let (head, body) = fetch(address, request, "");
        assert!(head.starts_with(&format!("http/1.0 {status} ")), "{request}: {head}");
        for header in [
            "content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'; connect-src \
             'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "referrer-policy: no-referrer",
        ] {
            assert!(head.contains(header), "{request}: {header} in {head}");
        }
        let is_page = head.contains("content-type: text/html");
        assert_eq!(is_page, head.contains("cache-control: private, no-cache"), "{request}: {head}");
        assert_eq!(is_page && !request.starts_with("HEAD"), body.contains("<html"), "{request}");
    }
}

#[test]
fn responses_are_compressed_for_clients_that_accept_gzip() {
    let (_runtime, address) = serve(full_agreement().publish());
    for (path, start) in [
        ("/teams/care", "<!DOCTYPE html>"),
        ("/api/v1/teams/care/objectives/first-reply", "{\"at\""),
        ("/assets/board.css", "/*"),
        ("/assets/icon.svg", "<svg"),
        ("/metrics", "# HELP"),
    ] {
        let request = format!("GET {path}");
        let (head, plain) = fetch(address, &request, "");
        assert!(head.contains("vary: accept-encoding"), "{head}");
        assert!(!head.contains("content-encoding"), "{head}");
        assert!(plain.starts_with(start), "{plain}");
        let accept = "accept-encoding: br;q=1, gzip;q=0.8, *;q=0.1\r\n";
        let (gzip_head, gzip) = fetch_bytes(address, &request, accept);
        assert!(gzip_head.contains("content-encoding: gzip"), "{gzip_head}");
        assert!(gzip_head.contains("vary: accept-encoding"), "{gzip_head}");
        assert!(gzip_head.contains("content-security-policy: "), "{gzip_head}");
        let kept = |head: &str| {
            let lines = head.lines().filter(|line| {
                line.starts_with("content-type") || line.starts_with("cache-control")
            });
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(kept(&gzip_head), kept(&head));
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*gzip).read_to_string(&mut text).unwrap();
        // Process metrics differ from scrape to scrape.
        let is_stable = path != "/metrics";
        assert!(if is_stable { text == plain } else { text.starts_with(start) }, "{path}");
        assert!(gzip.len() < plain.len(), "{path}: {} {}", gzip.len(), plain.len());
    }
}

#[test]
fn a_large_body_is_refused_with_the_limit() {
    let (_runtime, address) = serve(teams_in_every_state().publish());
    let (head, body) = fetch(address, "GET /", "content-length: 65537\r\n");
    assert!(head.starts_with("http/1.0 413 "), "{head}");
    assert!(head.contains("x-content-type-options: nosniff"), "{head}");
    assert_eq!(body, "a request body may have 64 KiB\n");
}

#[test]
fn the_address_overrides_the_browser_language() {
    let (_runtime, address) = serve(teams_in_every_state().publish());
    for (path, more, lang) in [
        ("/", "", "en"),
        ("/", "accept-language: fi-FI,fi;q=0.9\r\n", "fi"),
        ("/?lang=fi", "accept-language: en\r\n", "fi"),
        ("/?a=b&lang=en", "accept-language: fi\r\n", "en"),
        ("/?lang=xx", "accept-language: fi\r\n", "fi"),
    ] {
        let (_, body) = fetch(address, &format!("GET {path}"), more);
        assert!(body.contains(&format!("<html lang=\"{lang}\">")), "{path} {more}");
    }
}

/// The labels of the teams on the front page, in its order.
fn order_of(published: &PublishedView, order: TeamOrder) -> Vec<String> {
    let page = html(published, &Route::Teams(order), "en");
    let rows = page.split("class=\"team-row ").skip(1);
    let label = |row: &str| row.split("data-team=\"").nth(1)?.split('"').next().map(str::to_owned);
    rows.filter_map(label).collect()
}

#[test]
fn teams_in_trouble_come_first_then_what_nobody_owns() {
    let mut builder = teams_in_every_state();
    let published = builder.publish();
    let quiet = ["billing", "support", "orders", "_all", "press", "_unclaimed"];
    assert_eq!(order_of(&published, TeamOrder::TroubleFirst), quiet);
    let by_name = ["_all", "billing", "orders", "press", "support", "_unclaimed"];
    assert_eq!(order_of(&published, TeamOrder::ByName), by_name);
    // Once somebody has waited for too long, what nobody owns comes before what goes well.
    let mut alarms = WaitAlarms::default();
    let now = builder.view.now().plus(Elapsed::from_ms(30 * DAY_MS));
    builder.view.advance(now);
    alarms.take_due(true, &builder.view, &crate::alert::Sender::default(), now);
    let published = PublishedView { wait_alarms: alarms, ..published };
    let loud = ["billing", "support", "press", "_unclaimed", "orders", "_all"];
    assert_eq!(order_of(&published, TeamOrder::TroubleFirst), loud);
    let page = text(&html(&published, &Route::Teams(TeamOrder::TroubleFirst), "en"));
    assert!(page.contains("Somebody has waited for too long."), "{page}");
}

/// Two hundred teams with 32 days of tickets. The verdicts of every fifth team change every day, those of the
/// others every week.
fn two_hundred_teams() -> ViewBuilder {
    let is_restless = |number: i64| number % 5 == 0;
    let teams = (0..200).map(|number| {
        let name = format!("team-{number}");
        let mut first_reply = within("first-reply", Measure::FirstReply, 4, 1);
        if is_restless(number) {
            first_reply.over = Elapsed::from_ms(DAY_MS);
        }
        let objectives = vec![
            first_reply,
            within("solved", Measure::Resolution, 72, 1),
            none_over("nobody-forgotten", 5),
        ];
        agreement(&name, &name, &name, objectives)
    });
    let mut builder = ViewBuilder::new(&teams.collect::<Vec<_>>());
    for number in 0..200 {
        let team = format!("team-{number}");
        for day in 1..=32 {
            let ticket = format!("T-{number}-{day}");
            let created = now().minus(Elapsed::from_ms(day * DAY_MS));
            builder.apply(Kind::Created, Some(&team), &ticket, created);
            let is_late = if is_restless(number) { day % 2 == 0 } else { (day + number) % 13 == 0 };
            let minutes = if is_late { 500 } else { 60 };
            let replied = created.plus(Elapsed::from_ms(minutes * MINUTE_MS));
            builder.apply(Kind::AgentReplied, Some(&team), &ticket, replied);
        }
        builder.add_waiting(Some(&team), &format!("W-{number}"), 30 + number);
    }
    builder
}

#[test]
#[expect(clippy::print_stdout, reason = "the size and the times are figures to read")]
fn the_front_page_of_two_hundred_teams_is_short() {
    let published = two_hundred_teams().publish();
    let page = html(&published, &Route::Teams(TeamOrder::TroubleFirst), "en");
    // The whole organisation has a row, too.
    assert_eq!(order_of(&published, TeamOrder::TroubleFirst).len(), 201);
    assert!(page.contains("href=\"/teams/team-199\""));
    let strips: Vec<_> = page.split("aria-label=\"The last ").skip(1).collect();
    assert_eq!(strips.len(), 200);
    assert!(strips.iter().all(|strip| strip.starts_with("30 days")), "{}", strips[0]);
    let marks = page.matches("M").count();
    assert!(marks > 1_000, "{marks} runs of days");
    println!("the page of 200 teams with 30 days each: {} bytes", page.len());
    assert!(page.len() <= 300_000, "{} bytes", page.len());
    let (_runtime, address) = serve(published);
    let times = [(); 3].map(|()| {
        let started = crate::service::clock::instant();
        let (_, shown) = fetch(address, "GET /", "");
        assert_eq!(shown.len(), page.len());
        started.elapsed()
    });
    println!("on loopback, with debug assertions: {times:?}");
    // 300 ms are promised for the fast build on an idle computer.
    assert!(times.iter().any(|time| time.as_millis() < 1_500), "{times:?}");
}
