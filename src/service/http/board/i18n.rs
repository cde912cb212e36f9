//! The texts and formats of the board, by language.
//!
//! # Design
//! Each language has one Fluent file. Fluent handles plurals and word order, and translators need
//! no Rust. Numbers and times are messages of the same file. One more language is one file and one
//! line in [`Language::ALL`].

use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate, Timelike};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_langneg::NegotiationStrategy;
use fluent_langneg::negotiate::filter_matches;
use unic_langid::LanguageIdentifier;

use crate::agreement::{Target, TargetShown};
use crate::amount::Amount;
use crate::calendar::Zone;
use crate::measure::{Basis, Measure};
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

/// A language of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) struct Language(usize);

/// A language code and the Fluent source of its texts.
struct LanguageFile {
    code: &'static str,
    source: &'static str,
}

impl Language {
    /// The language if a request asks for none that exists.
    pub(in crate::service) const DEFAULT: Self = Self(0);

    /// All languages. The first is the default.
    const ALL: &'static [LanguageFile] = &[
        LanguageFile { code: "en", source: include_str!("en.ftl") },
        LanguageFile { code: "fi", source: include_str!("fi.ftl") },
        LanguageFile { code: "sv", source: include_str!("sv.ftl") },
    ];

    /// All languages, in order of [`Self::ALL`].
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..Self::ALL.len()).map(Self)
    }

    /// Its code, as in `lang="fi"`.
    pub(super) fn code(self) -> &'static str {
        Self::ALL[self.0].code
    }

    /// The language that fits a tag best, such as `fi` for `fi-FI`; `None` if none fits.
    pub(in crate::service) fn from_tag(tag: &str) -> Option<Self> {
        Self::negotiate(&[tag.parse().ok()?])
    }

    /// The language that fits an `Accept-Language` header best; `None` if none fits.
    pub(in crate::service) fn accepted(header: &str) -> Option<Self> {
        let mut weighted: Vec<WeightedTag> = header
            .split(',')
            .take(ACCEPTED_TAGS_MAX)
            .filter_map(WeightedTag::parse)
            .filter(|tag| tag.weight > 0.0)
            .collect();
        // The sort is stable: tags of equal weight keep the order of the header.
        weighted.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let tags: Vec<_> = weighted.into_iter().map(|weighted| weighted.tag).collect();
        Self::negotiate(&tags)
    }

    /// The first language that matches one of the tags, best tag first.
    fn negotiate(tags: &[LanguageIdentifier]) -> Option<Self> {
        let found = filter_matches(tags, &IDENTIFIERS, NegotiationStrategy::Lookup);
        let found = found.first()?;
        IDENTIFIERS.iter().position(|identifier| identifier == *found).map(Self)
    }

    /// Its texts.
    pub(super) fn texts(self) -> &'static Translator {
        &TRANSLATORS[self.0]
    }

    #[cfg(test)]
    pub(super) fn source(self) -> &'static str {
        Self::ALL[self.0].source
    }
}

/// Maximum tags of one `Accept-Language` header that are read. Browsers send a handful.
const ACCEPTED_TAGS_MAX: usize = 32;

/// One tag of an `Accept-Language` header. fluent-langneg reads such headers too, but ignores
/// weights.
struct WeightedTag {
    tag: LanguageIdentifier,
    /// From 0 (not accepted) to 1.
    weight: f32,
}

impl WeightedTag {
    /// Parses `fi-FI;q=0.9`; without `q` the weight is 1.
    fn parse(text: &str) -> Option<Self> {
        let (tag, parameter) = text.split_once(';').unwrap_or((text, ""));
        let weight = parameter.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok())?;
        Some(Self { tag: tag.trim().parse().ok()?, weight })
    }
}

/// The identifiers of [`Language::ALL`], in its order.
static IDENTIFIERS: LazyLock<Vec<LanguageIdentifier>> = LazyLock::new(|| {
    let parse = |file: &LanguageFile| file.code.parse().unwrap_or_default();
    Language::ALL.iter().map(parse).collect()
});

static TRANSLATORS: LazyLock<Vec<Translator>> =
    LazyLock::new(|| Language::ALL.iter().map(Translator::new).collect());

/// The texts and formats of one language.
pub(super) struct Translator {
    bundle: FluentBundle<FluentResource>,
    /// The language's mark between groups of three digits.
    group_mark: String,
}

/// The grammatical role of a duration in its sentence. Finnish and Swedish inflect the units by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// On its own: `12 t`.
    Plain,
    /// The time within which something happens: `12 tunnissa`.
    Within,
    /// The time that something lasts: `12 tunnin` before `ajan`.
    Lasting,
    /// The length of a period that ends now: `7 dagarna` after `senaste`.
    Ending,
}

impl Form {
    /// The name by which messages select a variant.
    const fn label(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Within => "within",
            Self::Lasting => "lasting",
            Self::Ending => "ending",
        }
    }
}

/// Placeholder between groups of three digits. The formatter of a bundle does not know its
/// language, so [`Translator::format`] replaces it by the language's own mark. Names contain no
/// control characters.
const GROUP_MARK: char = '\u{1f}';

/// The names and values of a message's arguments.
pub(super) type Args<'a> = &'a [(&'static str, FluentValue<'a>)];

impl Translator {
    fn new(LanguageFile { code, source }: &LanguageFile) -> Self {
        let identifier = code.parse::<LanguageIdentifier>().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        // Pages isolate names with `bdi`. Sentences contain numbers and units only.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(|value, _| grouped(value)));
        // A test checks that the files parse. Without it, the valid messages are still used.
        let resource = FluentResource::try_new((*source).to_owned());
        let added = bundle.add_resource(resource.unwrap_or_else(|(valid, _)| valid));
        debug_assert!(added.is_ok(), "{added:?}");
        let mut texts = Self { bundle, group_mark: String::new() };
        texts.group_mark = texts.text("group-mark");
        texts
    }

    /// A message without arguments.
    pub(super) fn text(&self, key: &str) -> String {
        self.format(key, &[])
    }

    /// A message with arguments. A missing message shows as its key; a test checks that none is
    /// missing.
    pub(super) fn format(&self, key: &str, args: Args<'_>) -> String {
        let pattern = self.bundle.get_message(key).and_then(|message| message.value());
        debug_assert!(pattern.is_some(), "no message {key}");
        let Some(pattern) = pattern else { return key.to_owned() };
        let args: FluentArgs<'_> =
            args.iter().map(|(name, value)| (*name, value.clone())).collect();
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&args), &mut errors);
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        text.replace(GROUP_MARK, &self.group_mark)
    }

    /// A share in basis points: `92,5 %`.
    pub(super) fn percent(&self, bp: u32) -> String {
        let mark = self.text("decimal-mark");
        let number = match (bp / 100, bp % 100) {
            (whole, 0) => whole.to_string(),
            (whole, part) if part % 10 == 0 => format!("{whole}{mark}{}", part / 10),
            (whole, part) => format!("{whole}{mark}{part:02}"),
        };
        self.format("percent", &[("number", number.into())])
    }

    /// A duration in its two largest units: `4 t 30 min`.
    pub(super) fn duration(&self, elapsed: Elapsed) -> String {
        self.duration_in(Form::Plain, elapsed)
    }

    /// A duration that something lasts: `7 päivän`.
    pub(super) fn lasting(&self, elapsed: Elapsed) -> String {
        self.duration_in(Form::Lasting, elapsed)
    }

    /// The length of a period that ends now: `7 dagarna`.
    pub(super) fn ending(&self, elapsed: Elapsed) -> String {
        self.duration_in(Form::Ending, elapsed)
    }

    fn duration_in(&self, form: Form, elapsed: Elapsed) -> String {
        // One day reads as 24 hours.
        self.duration_from(usize::from(elapsed.ms() == DAY_MS), form, elapsed)
    }

    /// The same without the first `least` units.
    fn duration_from(&self, least: usize, form: Form, elapsed: Elapsed) -> String {
        const UNITS: [(i64, &str); 4] = [
            (DAY_MS, "unit-days"),
            (HOUR_MS, "unit-hours"),
            (MINUTE_MS, "unit-minutes"),
            (SECOND_MS, "unit-seconds"),
        ];
        let ms = elapsed.ms();
        let first = UNITS.iter().skip(least).position(|(unit, _)| ms >= *unit);
        let form = || ("form", form.label().into());
        let Some(first) = first.map(|first| first + least) else {
            let none = self.format("unit-seconds", &[("count", 0.into()), form()]);
            return if ms == 0 { none } else { self.format("under-a-second", &[form()]) };
        };
        let (unit, key) = UNITS[first];
        let whole = self.format(key, &[("count", (ms / unit).into()), form()]);
        match UNITS.get(first + 1).map(|(smaller, key)| (ms % unit / smaller, *key)) {
            Some((rest, key)) if rest > 0 => {
                format!("{whole}\u{a0}{}", self.format(key, &[("count", rest.into()), form()]))
            }
            Some(_) | None => whole,
        }
    }

    /// A target of a measure: a duration, marked if it is open time; working days; or the number if the
    /// measure is a count.
    pub(super) fn target(&self, measure: Measure, target: Target) -> String {
        let shown = self.plain_target(measure, target);
        match target {
            Target::Fixed { basis: Basis::Open, .. } => {
                self.format("of-open-time", &[("time", shown.into())])
            }
            Target::Fixed { basis: Basis::Calendar, .. } | Target::WorkingDays(_) => shown,
        }
    }

    /// The same without a mark.
    pub(super) fn plain_target(&self, measure: Measure, target: Target) -> String {
        match target.shown(measure) {
            TargetShown::Amount(Amount::Time(elapsed)) if target.basis() == Basis::Open => {
                // In hours: how long an open day is differs.
                self.duration_from(1, Form::Plain, elapsed)
            }
            TargetShown::Amount(Amount::Time(elapsed)) => self.duration(elapsed),
            TargetShown::Amount(Amount::Count { thousandths }) => self.count(thousandths),
            TargetShown::WorkingDays(days) => {
                self.format("working-days", &[("count", days.count().into())])
            }
        }
    }

    /// A target that no ticket may exceed, after the word for "more than".
    pub(super) fn limit(&self, measure: Measure, target: Target) -> String {
        match target {
            Target::Fixed { .. } => self.plain_target(measure, target),
            Target::WorkingDays(days) => {
                self.format("working-days-limit", &[("count", days.count().into())])
            }
        }
    }

    /// A measured amount: a wait, or the number of a count.
    pub(super) fn amount(&self, amount: Amount) -> String {
        match amount {
            Amount::Time(elapsed) => self.wait(elapsed),
            Amount::Count { thousandths } => self.count(thousandths),
        }
    }

    /// The amount within which something happened: `12 tunnissa`, or a count.
    pub(super) fn amount_within(&self, amount: Amount) -> String {
        match amount {
            Amount::Time(elapsed) => self.wait_within(elapsed),
            Amount::Count { thousandths } => self.count(thousandths),
        }
    }

    /// The whole number of a count.
    fn count(&self, thousandths: i64) -> String {
        self.format("count", &[("count", (thousandths / 1_000).into())])
    }

    /// A number with one decimal, from its tenths: `4,2`.
    pub(super) fn tenths(&self, tenths: u64) -> String {
        format!("{}{}{}", tenths / 10, self.text("decimal-mark"), tenths % 10)
    }

    /// A measured wait. From ten minutes on it is rounded to the minute: quantiles are not more
    /// exact.
    pub(super) fn wait(&self, elapsed: Elapsed) -> String {
        self.wait_in(Form::Plain, elapsed)
    }

    /// A wait within which somebody was answered: `12 tunnissa`.
    pub(super) fn wait_within(&self, elapsed: Elapsed) -> String {
        self.wait_in(Form::Within, elapsed)
    }

    fn wait_in(&self, form: Form, elapsed: Elapsed) -> String {
        let ms = elapsed.ms();
        let is_long = ms >= 10 * MINUTE_MS;
        let rounded =
            if is_long { ms + MINUTE_MS / 2 - (ms + MINUTE_MS / 2) % MINUTE_MS } else { ms };
        self.duration_in(form, Elapsed::from_ms(rounded))
    }

    /// An instant in local time: `ma 23.11. klo 9.00`, with the year if it is not the year of `now`.
    pub(super) fn instant(&self, at: Timestamp, now: Timestamp, zone: &Zone) -> String {
        let local = |at: Timestamp| zone.local_time(at);
        let (Some(at), Some(now)) = (local(at), local(now)) else { return at.to_string() };
        let key = if at.year() == now.year() { "instant" } else { "instant-of-year" };
        let weekday = at.weekday().number_from_monday();
        self.format(
            key,
            &[
                ("weekday", self.format("weekday", &[("number", weekday.into())]).into()),
                ("day", at.day().into()),
                ("month", self.format("month", &[("number", at.month().into())]).into()),
                ("year", at.year().to_string().into()),
                ("hour", at.hour().into()),
                ("hour-padded", format!("{:02}", at.hour()).into()),
                ("minute", format!("{:02}", at.minute()).into()),
            ],
        )
    }

    /// A day: `2.11.2026`.
    pub(super) fn date(&self, date: NaiveDate) -> String {
        self.format(
            "date",
            &[
                ("day", date.day().into()),
                ("month", self.format("month", &[("number", date.month().into())]).into()),
                ("year", date.year().to_string().into()),
            ],
        )
    }

    /// The period that a rolling window covers: `viimeiset 7 pv`.
    pub(super) fn window(&self, length: Elapsed) -> String {
        if length.ms() == HOUR_MS {
            self.text("window-last-hour")
        } else {
            self.format("window-last", &[("length", self.ending(length).into())])
        }
    }
}

/// Whole numbers of four or more digits, grouped by three with [`GROUP_MARK`].
fn grouped(value: &FluentValue<'_>) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    let digits = number.value.to_string();
    if digits.len() < 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(GROUP_MARK);
        }
        text.push(digit);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn language(code: &str) -> Language {
        Language::from_tag(code).unwrap()
    }

    /// The keys of a file, each with the names of its arguments.
    fn keys(source: &str) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut keys = BTreeMap::new();
        let mut current = "";
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((key, _)) = line.split_once(" =")
                && line.starts_with(|c: char| c.is_ascii_lowercase())
            {
                current = key;
                let twice = keys.insert(key, BTreeSet::new()).is_some();
                assert!(!twice, "{key} is defined twice");
            }
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
            let names = line.split('$').skip(1);
            let names = names.filter_map(|rest| rest.split(|c| !is_name(c)).next());
            keys.entry(current).or_default().extend(names);
        }
        keys.remove("");
        keys
    }

    #[test]
    fn the_configuration_names_every_language() {
        let codes: Vec<&str> = Language::all().map(Language::code).collect();
        assert_eq!(codes, crate::config::LANGUAGES);
    }

    #[test]
    fn all_languages_have_the_same_keys_and_every_message_formats() {
        let english = keys(Language::DEFAULT.source());
        assert!(english.len() > 100, "{}", english.len());
        for language in Language::all() {
            let own = keys(language.source());
            let of = |keys: &BTreeMap<&str, BTreeSet<&str>>| {
                keys.keys().map(ToString::to_string).collect::<Vec<_>>()
            };
            assert_eq!(of(&own), of(&english), "{}", language.code());
            let resource = FluentResource::try_new(language.source().to_owned());
            assert!(resource.is_ok(), "{:?}", resource.err());
            for (key, names) in &own {
                for number in [0, 1, 2, 5, 12, 12_345] {
                    let args: Vec<_> =
                        names.iter().map(|name| (*name, FluentValue::from(number))).collect();
                    assert!(!language.texts().format(key, &args).is_empty(), "{key}");
                }
            }
        }
    }

    #[test]
    fn every_key_is_used_and_every_used_key_exists() {
        let folder =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/service/http/board");
        let mut code = std::fs::read_to_string(folder.with_extension("rs")).unwrap();
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "rs") {
                code += std::fs::read_to_string(&path)
                    .unwrap()
                    .split("#[cfg(test)]\nmod")
                    .next()
                    .unwrap();
            }
        }
        let english = keys(Language::DEFAULT.source());
        let unused: Vec<_> =
            english.keys().filter(|key| !code.contains(&format!("\"{key}\""))).collect();
        assert!(unused.is_empty(), "{unused:?}");
        let squeezed: String = code.split_whitespace().collect();
        for call in [".text(\"", ".format(\""] {
            for rest in squeezed.split(call).skip(1) {
                let key = rest.split('"').next().unwrap();
                assert!(english.contains_key(key), "{key}");
            }
        }
    }

    #[test]
    fn numbers_and_times_follow_the_language() {
        let (fi, en) = (language("fi").texts(), language("en").texts());
        let at = Timestamp::parse("2026-11-23T09:00:00Z").unwrap();
        let old = Timestamp::parse("2025-01-04T23:59:00Z").unwrap();
        let utc = &Zone::UTC;
        let sv = language("sv").texts();
        assert_eq!(plain(&sv.instant(at, at, utc)), "mån 23 nov 09:00");
        assert_eq!(plain(&sv.instant(old, at, utc)), "lör 4 jan 2025 23:59");
        assert_eq!(sv.percent(9_250), "92,5\u{a0}%");
        assert_eq!(sv.format("count", &[("count", 4_736.into())]), "4\u{a0}736");
        assert_eq!(plain(&fi.instant(at, at, utc)), "ma 23.11. klo 9.00");
        assert_eq!(plain(&en.instant(at, at, utc)), "Mon 23 Nov 09:00");
        assert_eq!(plain(&fi.instant(old, at, utc)), "la 4.1.2025 klo 23.59");
        assert_eq!(plain(&en.instant(old, at, utc)), "Sat 4 Jan 2025 23:59");
        for (bp, finnish, english) in
            [(9_250, "92,5 %", "92.5%"), (9_000, "90 %", "90%"), (5, "0,05 %", "0.05%")]
        {
            assert_eq!(
                (plain(&fi.percent(bp)), plain(&en.percent(bp))),
                (finnish.into(), english.into())
            );
        }
        for (text, finnish, english) in [
            ("4h30m", "4 t 30 min", "4 h 30 min"),
            ("24h", "24 t", "24 h"),
            ("7d", "7 pv", "7 d"),
            ("1d2h3m", "1 pv 2 t", "1 d 2 h"),
            ("90s", "1 min 30 s", "1 min 30 s"),
        ] {
            let elapsed = Elapsed::parse(text).unwrap();
            let both = (plain(&fi.duration(elapsed)), plain(&en.duration(elapsed)));
            assert_eq!(both, (finnish.into(), english.into()));
        }
        assert_eq!(plain(&fi.duration(Elapsed::ZERO)), "0 s");
        assert_eq!(fi.duration(Elapsed::from_ms(1)), "alle 1 s");
        for (count, finnish, english) in [
            (473, "473", "473"),
            (4_736, "4\u{a0}736", "4,736"),
            (1_234_567, "1\u{a0}234\u{a0}567", "1,234,567"),
        ] {
            let shown = |texts: &Translator| texts.format("count", &[("count", count.into())]);
            assert_eq!((shown(fi), shown(en)), (finnish.into(), english.into()));
        }
    }

    /// The clocks of Helsinki go forward at 2026-03-29 01:00 UTC and back at 2026-10-25 01:00 UTC.
    #[test]
    fn instants_follow_the_clocks_of_their_zone() {
        let helsinki = Zone::compiled_in("Europe/Helsinki").unwrap();
        let now = Timestamp::parse("2026-12-31T22:30:00Z").unwrap();
        for (at, finnish, english, abbreviation) in [
            ("2026-03-29T00:59:00Z", "su 29.3.2026 klo 2.59", "Sun 29 Mar 2026 02:59", "EET"),
            ("2026-03-29T01:00:00Z", "su 29.3.2026 klo 4.00", "Sun 29 Mar 2026 04:00", "EEST"),
            ("2026-10-25T00:59:00Z", "su 25.10.2026 klo 3.59", "Sun 25 Oct 2026 03:59", "EEST"),
            ("2026-10-25T01:00:00Z", "su 25.10.2026 klo 3.00", "Sun 25 Oct 2026 03:00", "EET"),
            // The year of local time decides, not that of UTC.
            ("2026-12-31T22:00:00Z", "pe 1.1. klo 0.00", "Fri 1 Jan 00:00", "EET"),
        ] {
            let at = Timestamp::parse(at).unwrap();
            let shown = |code| plain(&language(code).texts().instant(at, now, &helsinki));
            assert_eq!((shown("fi").as_str(), shown("en").as_str()), (finnish, english));
            assert_eq!(helsinki.abbreviation(at), abbreviation);
        }
    }

    #[test]
    fn a_duration_is_inflected_by_its_role() {
        let (fi, en) = (language("fi").texts(), language("en").texts());
        for (text, within, lasting, english) in [
            ("12h", "12 tunnissa", "12 tunnin", "12 h"),
            ("7d2h", "7 päivässä 2 tunnissa", "7 päivän 2 tunnin", "7 d 2 h"),
            ("90s", "1 minuutissa 30 sekunnissa", "1 minuutin 30 sekunnin", "1 min 30 s"),
        ] {
            let elapsed = Elapsed::parse(text).unwrap();
            assert_eq!(plain(&fi.wait_within(elapsed)), within);
            assert_eq!(plain(&fi.lasting(elapsed)), lasting);
            assert_eq!(plain(&en.wait_within(elapsed)), english);
            assert_eq!(plain(&en.lasting(elapsed)), english);
        }
        assert_eq!(fi.wait_within(Elapsed::from_ms(1)), "alle sekunnissa");
        let sv = language("sv").texts();
        for (text, alone, lasting, window) in [
            ("1h", "1 tim", "1 timme", "senaste 60 minuterna"),
            ("24h", "24 tim", "24 timmar", "senaste 24 timmarna"),
            ("7d", "7 dagar", "7 dagar", "senaste 7 dagarna"),
            ("1d2h", "1 dag 2 tim", "1 dag 2 timmar", "senaste 1 dagen 2 timmarna"),
        ] {
            let elapsed = Elapsed::parse(text).unwrap();
            assert_eq!(plain(&sv.wait_within(elapsed)), alone);
            assert_eq!(plain(&sv.lasting(elapsed)), lasting);
            assert_eq!(plain(&sv.window(elapsed)), window);
        }
        assert_eq!(plain(&fi.lasting(Elapsed::ZERO)), "0 sekunnin");
    }

    fn plain(text: &str) -> String {
        text.replace('\u{a0}', " ")
    }

    #[test]
    fn the_language_is_the_one_with_the_highest_weight() {
        for (header, code) in [
            ("fi", Some("fi")),
            ("fi-FI,fi;q=0.9,en;q=0.8", Some("fi")),
            ("de, en;q=0.4, fi;q=0.7", Some("fi")),
            ("sv-FI, fi;q=0.9, en;q=0.8", Some("sv")),
            ("en-GB,en;q=0.9,fi;q=0.8", Some("en")),
            ("fi;q=0, en;q=0.1", Some("en")),
            ("de-CH", None),
            ("*", None),
            ("en;q=0.9,fi;q=0.9", Some("en")),
            ("fi-Latn-FI;q=1.0", Some("fi")),
            ("EN-gb;q=NaN, fi;q=0.1", Some("fi")),
            ("", None),
            (";;;,q=,fi;q=x", None),
        ] {
            assert_eq!(Language::accepted(header).map(Language::code), code, "{header}");
        }
    }
}
