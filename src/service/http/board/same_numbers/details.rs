//! Where the time went, ratings, splits, lengths of waits, and the waiting tickets.

use super::*;
use crate::share::Share;

/// The rows of a table as the texts of their cells.
fn rows(table: &str) -> Vec<Vec<String>> {
    let body = table.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
    let cells = |row: &str| -> Vec<String> {
        let all = [elements(row, "th"), elements(row, "td")].concat();
        all.iter().map(|cell| bare(cell)).collect()
    };
    body.split("<tr").skip(1).map(cells).collect()
}

/// The table after a heading; `None` without the heading.
fn table_after<'p>(page: &'p str, heading: &str) -> Option<&'p str> {
    page.split(&format!("<h2>{heading}</h2>")).nth(1)?.split("</section>").next()
}

/// Where missed tickets spent their time.
fn breakdown(site: &Site<'_>, objective: &Value, page: &str) -> usize {
    let Some(table) = table_after(page, "Where missed tickets spent their time") else {
        assert!(objective["missed"] == 0 || objective["measure"] == "contacts", "{objective}");
        return 0;
    };
    let of = &objective["breakdown"];
    let mut teams: Vec<(String, f64)> = of["teams"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(label, seconds)| (site.name_of(label), seconds.as_f64().unwrap()))
        .collect();
    teams.sort_by_key(|(name, _)| name.to_lowercase());
    let seconds = |key: &str| of[key].as_f64().unwrap();
    let all = [
        vec![("Unclaimed".to_owned(), seconds("unclaimed"))],
        teams,
        vec![
            ("waiting for the customer (pending)".to_owned(), seconds("pending")),
            ("waiting for a third party (on hold)".to_owned(), seconds("on_hold")),
            ("outside opening hours".to_owned(), seconds("closed")),
        ],
    ]
    .concat();
    let ms = |seconds: f64| (seconds * 1_000.0).round() as i64;
    let total: i64 = all.iter().map(|(_, seconds)| ms(*seconds)).sum();
    let bp = |part: i64| part * i64::from(Share::WHOLE_BP) / total;
    let mut from = 0;
    let expected = all.into_iter().map(|(name, seconds)| {
        let length = bp(from + ms(seconds)) - bp(from);
        from += ms(seconds);
        let share = match (length + 50) / 100 {
            0 => "under 1%".to_owned(),
            whole => format!("{whole}%"),
        };
        vec![name, share, bare(&site.texts.wait(Elapsed::from_ms(ms(seconds))))]
    });
    let shown = rows(table);
    // The page leaves out where nothing was spent.
    let expected =
        expected.filter(|row| shown.iter().any(|shown| shown[0] == row[0]) || row[1] != "under 1%");
    assert_eq!(shown, expected.collect::<Vec<_>>(), "{}", objective["objective"]);
    let counted = of_class(table, "legend").unwrap();
    assert_eq!(numbers(&counted), [objective["missed"].as_f64().unwrap()], "{counted}");
    shown.len()
}

fn mean(count: u64, sum: u64) -> String {
    if count == 0 { "–".to_owned() } else { format!("{:.1}", sum as f64 / count as f64 + 1e-9) }
}

/// The ratings by wait.
fn ratings_by_wait(objective: &Value, page: &str) -> usize {
    let bands = objective["ratings_by_wait"].as_array().unwrap();
    let count = |band: &Value, key: &str| band[key].as_u64().unwrap();
    let Some(table) = table_after(page, "Is this level good enough for our customers?") else {
        assert!(bands.iter().all(|band| count(band, "count") == 0));
        return 0;
    };
    let expected: Vec<_> = bands
        .iter()
        .map(|band| (count(band, "count"), count(band, "sum")))
        .map(|(count, sum)| [count.to_string(), mean(count, sum)])
        .collect();
    let shown: Vec<_> =
        rows(table).into_iter().map(|row| [row[1].clone(), row[2].clone()]).collect();
    assert_eq!(shown, expected);
    shown.len()
}

/// The waiting tickets by the length of their wait.
fn lengths(objective: &Value, page: &str) -> usize {
    let groups = objective["waiting_by_length"].as_array().unwrap();
    let counts: Vec<_> = groups.iter().map(|group| group["count"].to_string()).collect();
    let Some(table) = table_after(page, "How long they have waited") else {
        assert!(counts.iter().all(|count| count == "0"), "{counts:?}");
        return 0;
    };
    let shown: Vec<_> = rows(table).into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(shown, counts);
    shown.len()
}

/// What the reason says of the tickets that wait now.
fn causes(objective: &Value, page: &str) {
    let why = elements(page, "dd").into_iter().next().unwrap();
    let Some(waits) =
        why.split_once(" over target now").filter(|_| why.contains("over target now"))
    else {
        return;
    };
    let (before, parts) = waits;
    assert_eq!(numbers(before).last().copied(), objective["overdue"].as_f64(), "{why}");
    let causes = &objective["overdue_causes"];
    for (count, words) in [
        (&causes["unclaimed"], "unclaimed"),
        (&causes["paused"], "pending or on hold"),
        (&causes["closed"], "outside opening hours"),
        (&causes["by_priority"]["urgent"], "urgent"),
        (&causes["by_priority"]["high"], "of high priority"),
    ] {
        let count = count.as_u64().unwrap_or(0);
        let part = format!("{count} {words}");
        assert_eq!(parts.contains(&part), count > 0, "{part} in {why}");
    }
}

/// A list of waiting tickets.
fn tickets(site: &Site<'_>, list: &[Value], page: &str, most: usize) -> usize {
    let Some(table) = page.split("<table class=\"tickets stacked\">").nth(1) else {
        assert!(list.is_empty(), "{list:?}");
        return 0;
    };
    let table = table.split("</table>").next().unwrap();
    let has_targets = list.iter().any(|row| row["basis"].is_string());
    let time = |value: &Value| {
        let seconds = value.as_f64()?;
        Some(bare(&site.texts.wait(Elapsed::from_ms((seconds * 1_000.0).round() as i64))))
    };
    let expected: Vec<Vec<String>> = list
        .iter()
        .take(most)
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or("–").to_owned();
            let left = match (time(&row["left_seconds"]), time(&row["overdue_seconds"])) {
                (Some(left), _) => format!("{left} left"),
                (None, Some(over)) => format!("over by {over}"),
                (None, None) => "–".to_owned(),
            };
            let targets = if has_targets { vec![left] } else { vec![] };
            [
                vec![text("ticket"), time(&row["waited_seconds"]).unwrap()],
                targets,
                vec![site.name_of(row["team"].as_str().unwrap()), text("priority")],
            ]
            .concat()
        })
        .collect();
    let shown: Vec<Vec<String>> = rows(table)
        .into_iter()
        .map(|mut cells| {
            if has_targets {
                cells.remove(2);
            }
            cells[0] = cells[0].trim_end_matches(" Desk").to_owned();
            cells
        })
        .collect();
    assert_eq!(shown, expected);
    // Due times are in the zone of the page; the machine-readable ones are compared.
    let due: Vec<_> =
        table.split("datetime=\"").skip(1).map(|rest| rest.split('"').next()).collect();
    let of_api: Vec<_> = list.iter().take(most).filter_map(|row| row["due_at"].as_str()).collect();
    assert_eq!(due, of_api.into_iter().map(Some).collect::<Vec<_>>());
    shown.len()
}

/// Compares an objective's page and its list of waiting tickets. Returns the number of compared rows by part:
/// where the time went, ratings, lengths of waits, tickets.
pub(super) fn of_objective(site: &Site<'_>, label: &str, name: &str) -> [usize; 4] {
    let path = format!("/teams/{label}/objectives/{name}");
    let objective = api(site.address, &format!("/api/v1{path}"));
    let page = get(site.address, &format!("{path}?lang=en"));
    let waiting = api(site.address, &format!("/api/v1{path}/tickets"));
    let list = waiting["tickets"].as_array().unwrap();
    causes(&objective, &page);
    let of_list = get(site.address, &format!("{path}/tickets?lang=en"));
    let count = |key: &str| waiting[key].as_f64().unwrap();
    if objective["measure"] != "contacts" {
        for page in [&page, &of_list] {
            let section = page.split("class=\"waiting-tickets").nth(1).unwrap();
            let counts = of_class(section, "legend").unwrap();
            let [over, soon] = ["over_target", "due_soon"].map(count);
            let expected = if over + soon > 0.0 { vec![over, soon] } else { vec![] };
            assert_eq!(numbers(&counts), expected, "{counts}");
        }
    }
    [
        breakdown(site, &objective, &page),
        ratings_by_wait(&objective, &page),
        lengths(&objective, &page),
        tickets(site, list, &page, 10) + tickets(site, list, &of_list, 100),
    ]
}

/// Compares the splits and ratings of a team's page, and its longest waits. Returns the numbers of compared
/// rows.
pub(super) fn of_team(site: &Site<'_>, label: &str) -> [usize; 3] {
    let team = api(site.address, &format!("/api/v1/teams/{label}"));
    let page = get(site.address, &format!("/teams/{label}?lang=en"));
    let longest = tickets(site, team["longest_waiting"].as_array().unwrap(), &page, 10);
    [splits(site, &team, &page), ratings(site, label, &team, &page), longest]
}

fn splits(site: &Site<'_>, team: &Value, page: &str) -> usize {
    let all = team["readings"].as_array().unwrap().iter();
    let of_week: Vec<_> =
        all.filter(|one| one["split"].is_object() && one["window"] == "7d").collect();
    let tables: Vec<_> = page.split("class=\"scroll splits\"").skip(1).collect();
    let mut compared = 0;
    let mut of_measures = of_week.chunk_by(|one, other| one["measure"] == other["measure"]);
    for table in &tables {
        let of_measure = of_measures.next().unwrap();
        let shown = rows(table.split("</table>").next().unwrap());
        assert_eq!(shown.len(), of_measure.len());
        for reading in of_measure {
            let name = match (&reading["split"]["priority"], &reading["split"]["channel"]) {
                (Value::String(priority), _) if priority == "none" => "without a priority".into(),
                (Value::String(priority), _) if priority == "urgent" => priority.clone(),
                (Value::String(priority), _) => format!("{priority} priority"),
                (_, Value::String(channel)) if channel == "other" => "other channels".into(),
                (_, channel) => format!("channel {}", channel.as_str().unwrap()),
            };
            let row = shown.iter().find(|row| row[0] == name);
            let row = row.unwrap_or_else(|| panic!("{name} in {shown:?}"));
            let is_timed = reading["measure"] != "contacts";
            let waiting = is_timed.then(|| reading["waiting"].to_string());
            let expected: Vec<_> = site.cells(reading).into_iter().chain(waiting).collect();
            assert_eq!(row[1..], expected, "{name}");
            compared += 1;
        }
    }
    assert!(of_measures.next().is_none(), "a measure whose splits are not shown");
    compared
}

fn ratings(site: &Site<'_>, label: &str, team: &Value, page: &str) -> usize {
    let mut compared = 0;
    for (row, kind) in
        [("Customers' ratings", "rated"), ("Reviews of how tickets were handled", "reviewed")]
    {
        let all = team["ratings"].as_array().unwrap().iter();
        let mut of_kind = all.filter(|one| one["kind"] == kind && one["window"] == "28d");
        let of_kind = of_kind.next();
        let [count, sum] =
            ["count", "sum"].map(|key| of_kind.map_or(0, |one| one[key].as_u64().unwrap()));
        let labels: Vec<_> = elements(page, "dt");
        let at = labels.iter().position(|shown| bare(shown).replace("&#39;", "'") == row);
        let Some(at) = at else {
            assert_eq!(count, 0, "{label} {kind}");
            continue;
        };
        let shown = bare(&elements(page, "dd")[at]);
        assert!(
            shown.starts_with(&format!("Average {} of 5, {count} rating", mean(count, sum))),
            "{shown}"
        );
        let labels = [("team", label), ("kind", kind), ("window", "28d")];
        assert_eq!(metric(site.metrics, "ratings", &labels), Some(count as f64));
        let exported = metric(site.metrics, "rating_mean_score", &labels).unwrap();
        assert!(is_same(exported, sum as f64 / count as f64), "{exported}");
        compared += 1;
    }
    compared
}
