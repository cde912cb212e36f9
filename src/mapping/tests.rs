use proptest::prelude::*;

use super::*;

fn mapping(filter: &str) -> Mapping {
    Mapping::compile("test.jq", filter).unwrap()
}

/// The outputs of a filter, or the advice of its rejection.
fn outputs(filter: &str, record: &str) -> Result<Vec<String>, String> {
    mapping(filter).apply(record.as_bytes()).map_err(|outcome| match outcome {
        Outcome::Rejected(rejection) => rejection.advice,
        other @ (Outcome::Applied | Outcome::Duplicate | Outcome::Skipped(_)) => {
            format!("{other:?}")
        }
    })
}

/// The output of a filter, which is wrapped into an object.
fn value(filter: &str, record: &str) -> String {
    let outputs = outputs(&format!("{{v: ({filter})}}"), record).unwrap();
    let values = outputs.iter().map(|output| {
        output.strip_prefix("{\"v\":").and_then(|value| value.strip_suffix('}')).unwrap()
    });
    values.collect::<Vec<_>>().join(" ")
}

fn fault(filter: &str) -> String {
    Mapping::compile("test.jq", filter).unwrap_err().to_string()
}

// Goal: filters mean what they mean in jq.
#[test]
fn filters_give_what_jq_gives() {
    let record = r#"{"a":[3,1,2],"t":"Ab ö","n":null,"o":{"x":1,"y":{"z":2}},"f":1.5,"big":9007199254740993}"#;
    for (filter, expected) in [
        (".a[0], .a[-1], .a[9]", "3 2 null"),
        (".a[1:], .a[:-1], .t[1:3]", r#"[1,2] [3,1] "b ""#),
        (".a | sort, reverse, add, length, max, min", "[1,2,3] [2,1,3] 6 3 3 1"),
        (".a | map(. * 2) | join(\"-\")", r#""6-2-4""#),
        (".a | map(select(. > 1))", "[3,2]"),
        (".a - [1], .a + [4]", "[3,2] [3,1,2,4]"),
        (".o * {y: {w: 3}}", r#"{"x":1,"y":{"w":3,"z":2}}"#),
        (".o + {y: 3} | keys", r#"["x","y"]"#),
        (".o.y.z, .o[\"x\"], .n.any, (.o | has(\"q\"))", "2 1 null false"),
        (
            ".t | ascii_downcase, length, (. / \" \"), startswith(\"Ab\")",
            r#""ab ö" 4 ["Ab","ö"] true"#,
        ),
        (".t * 2, .f + 1, 7 / 2, 6 / 2, 7 % 4, -(3)", r#""Ab öAb ö" 2.5 3.5 3 3 -3"#),
        (".big, (\"12\" | tonumber), (1 | tostring)", r#"9007199254740993 12 "1""#),
        (".o | to_entries | map(.key)", r#"["x","y"]"#),
        (".o | with_entries(.value = 0)", r#"{"x":0,"y":0}"#),
        (".o.y.z |= . + 1 | .o.y.z", "3"),
        ("del(.o.y) | .o", r#"{"x":1}"#),
        (".o | map_values(type)", r#"{"x":"number","y":"object"}"#),
        ("[..] | length", "13"),
        ("[.[] | type] | unique", r#"["array","null","number","object","string"]"#),
        ("[range(3)], [limit(2; .a[])], first(.a[])", "[0,1,2] [3,1] 3"),
        ("reduce .a[] as $x (0; . + $x)", "6"),
        ("[foreach .a[] as $x (0; . + $x)]", "[3,4,6]"),
        (".q // \"none\", (.a.b? // 1), (try error(\"x\") catch .)", r#""none" 1 "x""#),
        (". as {o: {$x}, a: [$first]} | $x + $first", "4"),
        (
            "[.a[] | if . == 3 then \"three\" elif . > 1 then \"two\" else \"one\" end]",
            r#"["three","one","two"]"#,
        ),
        (".o | tojson | fromjson | .x", "1"),
        ("[.a[] | {k: ., v: 1}] | group_by(.v) | length, (.[0] | sort_by(.k) | .[0].k)", "1 1"),
        ("(.t | contains(\"b\")), (.a | contains([1])), (.o | contains({x: 1}))", "true true true"),
        ("[1, null, true, \"a\", [], {}] | sort", r#"[null,true,1,"a",[],{}]"#),
        ("\"2026-11-21T11:14:03.5+02:00\" | fromdate", "1795252443.5"),
        ("1795252443.5 | todate", r#""2026-11-21T09:14:03.500Z""#),
        ("\"\\(.a[0]) of \\(.o)\"", r#""3 of {\"x\":1,\"y\":{\"z\":2}}""#),
        ("def double: . * 2; def twice(f): f | f; .f | twice(double)", "6.0"),
    ] {
        assert_eq!(value(filter, record), expected, "{filter}");
    }
}

#[test]
fn an_error_of_a_filter_rejects_the_record_and_says_why() {
    for (filter, expected) in [
        (
            ".a.b",
            "fails on this record: cannot index 1 with \"b\"; correct the filter, or the record",
        ),
        (
            "error(\"no ticket\")",
            "fails on this record: no ticket; correct the filter, or the record",
        ),
        (
            "{(1): 2}",
            "fails on this record: cannot use 1 as string; correct the filter, or the record",
        ),
        (
            "1 / 0",
            "fails on this record: cannot calculate 1 / 0; correct the filter, or the record",
        ),
        (
            "{}, .a",
            "gives 1, which is no event; let it give objects such as {id, type, time, ticket}, or `empty` for \
             nothing",
        ),
        ("range(101) | {a: .}", "gives more than 100 events for this record; give fewer"),
    ] {
        let advice = outputs(filter, r#"{"a":1}"#).unwrap_err();
        assert_eq!(advice, format!("the filter test.jq {expected}"), "{filter}");
    }
    assert_eq!(outputs("empty", "{}").unwrap_err(), "Skipped(NoEvent)");
    assert_eq!(outputs("range(100) | {a: .}", "{}").unwrap().len(), 100);
    let advice = outputs(".", "{\"a\":").unwrap_err();
    assert_eq!(
        advice,
        "this is not JSON: EOF while parsing a value at column 5; write one JSON object"
    );
    let advice = outputs(".", &"[".repeat(1_000)).unwrap_err();
    assert!(advice.contains("recursion limit exceeded"), "{advice}");
    let advice = outputs(".", &format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20))).unwrap_err();
    assert!(advice.contains("at most 262144 are read"), "{advice}");
}

// Goal: no filter blocks its partition or ends the process.
// Method: filters that would take for ever, all memory or all stack are ended with a rejection.
#[test]
fn work_memory_and_stack_of_a_filter_are_bounded() {
    let steps =
        "takes more than 1000000 steps for this record; look for nested loops and long sums";
    let depth = "nests values or terms too deep for this record";
    let numbers = format!("[{}]", vec!["1"; 20_000].join(","));
    let texts = format!("[{}]", vec!["\"some text of this record\""; 5_000].join(","));
    let deep = format!("{}{}", "[".repeat(120), "]".repeat(120));
    for (filter, record, expected) in [
        ("\"x\" * 1000000000", "{}", steps),
        ("\"x\" * 9000000000000000000", "{}", steps),
        ("[range(1e12)]", "{}", steps),
        ("last(range(1e12))", "{}", steps),
        ("[limit(1e12; range(1e18))]", "{}", steps),
        ("first(range(1e18) | select(. < 0))", "{}", steps),
        ("[.[] | range(100)]", &numbers, steps),
        ("[.[] as $a | .[] as $b | $a + $b]", &numbers, steps),
        ("reduce range(100) as $i (\"x\"; . + .)", "{}", steps),
        ("reduce range(100) as $i ([1]; . + .)", "{}", steps),
        ("reduce range(100) as $i ({a: 1}; {a: ., b: .}) | tojson", "{}", steps),
        ("reduce range(60) as $i (1; [., .]) | . == .", "{}", steps),
        ("reduce range(60) as $i (1; [., .]) | [..]", "{}", steps),
        ("reduce range(60) as $i (1; [., .]) | \"\\(.)\"", "{}", steps),
        (
            "reduce range(60) as $i (1; [., .]) | error",
            "{}",
            "fails on this record: an array; correct the filter, or the record",
        ),
        ("reduce range(60) as $i (1; [., .]) | . - .", "{}", steps),
        ("reduce range(60) as $i (1; [., .]) | walk(.)", "{}", steps),
        ("reduce .[] as $x (\"\"; . + $x) | .[:9]", &texts, steps),
        ("[range(1000) as $i | sort]", &numbers, steps),
        ("[range(100000) as $i | try error(\"x\") catch (range(100))]", "{}", steps),
        ("first(range(1e9) | try error(\"x\") catch empty)", "{}", steps),
        (
            "def a: [., .]; def b: a | a; def c: b | b; def d: c | c; def e: d | d; 1 | e | e | tojson",
            "{}",
            steps,
        ),
        ("[range(100) as $i | .[] | join(\",\")] | length", &format!("[{texts}]"), steps),
        ("reduce range(1000) as $i (0; [.])", "{}", depth),
        (
            "[[.]]|[[.]]|[[.]]|[[.]]|..|[.]|[.,.]|[[[.]]]|..|{a:.}|reduce range(90) as $i (.; [.])",
            &deep,
            depth,
        ),
        ("(reduce range(100000) as $i (.; .x)) |= 1", "{}", depth),
        (&format!("{} {{}}", ". |".repeat(150)), "{}", ""),
    ] {
        let given = outputs(filter, record);
        if expected.is_empty() {
            assert_eq!(given.unwrap(), ["{}"], "{filter}");
        } else {
            assert_eq!(given.unwrap_err(), format!("the filter test.jq {expected}"), "{filter}");
        }
    }
}

#[test]
fn a_filter_that_fails_leaves_the_next_record_alone() {
    let filter = mapping("if .bad then [range(1e12)] else {id: .id} end");
    for round in 0..3 {
        assert!(matches!(filter.apply(br#"{"bad":true}"#), Err(Outcome::Rejected(_))));
        let good = filter.apply(format!("{{\"id\":{round}}}").as_bytes()).unwrap();
        assert_eq!(good, [format!("{{\"id\":{round}}}")]);
    }
}

#[test]
fn a_wrong_filter_is_refused_with_place_value_and_way_out() {
    insta::assert_snapshot!(
        [
            "{id: .id",
            "{id: .id}}",
            "# Comment.\n{\n  id: .id,\n  type \"x\"\n}",
            ".a |",
            "\"open",
            "",
            "{id: .ticket.id} | foo",
            "{id: .ticket.id} | selct(.a)",
            "map(.a; .b)",
            ".a as $x | $y",
            "now",
            "env.HOME",
            "$ENV.HOME",
            "[inputs]",
            "[recurse(.)]",
            "repeat(.)",
            "path(..)",
            "def f: f; f",
            "def f(g): 1 | f(g | .); f(.)",
            "def f: def g: f; g; f",
            "test(\"a.*\")",
            "include \"x\"; .",
            "import \"x\" as x; x::f",
            "halt",
            "@base64d",
            ".a ä .b",
            "break $x",
        ]
        .map(|filter| format!("{filter}\n    {}", fault(filter).replace('\n', "\n    ")))
        .join("\n")
    );
}

// Goal: no text overflows the stack of a thread, which has 2 MiB here as well.
#[test]
fn a_filter_that_is_nested_too_deep_is_refused() {
    let nested = [
        ("(", ".", ")"),
        ("[", ".", "]"),
        ("{a:", ".", "}"),
        (".[", "0", "]"),
        ("f(", ".", ")"),
        ("\"\\(", ".", ")\""),
        ("if . then ", ".", " end"),
        ("def f: ", ".", "; f"),
        ("-", "1", ""),
        ("try ", ".", ""),
        (".|", ".", ""),
        (".,", ".", ""),
        (".//", ".", ""),
        (".a", "", ""),
        (". as $x|", ".", ""),
        (".|def f: .; ", ".", ""),
        ("label $x|", ".", ""),
        ("reduce ", ".", " as $x (0; 1)"),
        ("def f: .; ", ".", ""),
    ];
    for (open, middle, close) in nested {
        for count in [50, 100, 150, 200, 300, 500, 1_000, 2_000, 5_000] {
            let text = format!("{}{middle}{}", open.repeat(count), close.repeat(count));
            match Mapping::compile("test.jq", &text) {
                Ok(mapping) => drop(mapping.apply(b"{}")),
                Err(error) => assert!(
                    count > 50 || error.to_string().contains("f`"),
                    "{open} {count} {error}"
                ),
            }
        }
        let text = format!("{}{middle}{}", open.repeat(2_000), close.repeat(2_000));
        if open != "def f: .; " {
            assert!(
                fault(&text)
                    .ends_with("too long or nested too deep here; define parts of it with def"),
                "{open}"
            );
        }
    }
    let long = "{}\n".repeat(30_000);
    assert_eq!(fault(&long), "test.jq:1:1: the filter has 90000 bytes; write at most 65536");
}

#[test]
fn every_built_in_filter_is_a_filter() {
    for (name, text) in BUILT_IN {
        let mapping = Mapping::load(name, |_| Err(io::ErrorKind::NotFound.into())).unwrap();
        assert_eq!((mapping.name(), mapping.text()), (name, text));
    }
    let missing = |name| Mapping::load(name, |_| Err(io::Error::other("it is not there")));
    assert_eq!(
        missing("zendisk").unwrap_err().to_string(),
        "zendisk is no built-in filter and cannot be read as a file: it is not there; did you mean zendesk?"
    );
    assert_eq!(
        missing("maps/support.jq").unwrap_err().to_string(),
        "maps/support.jq is no built-in filter and cannot be read as a file: it is not there; name a file \
         that Vaste may read, or one of chatwoot, freshdesk, github, jira, zammad, zendesk"
    );
}

proptest! {
    #![proptest_config(crate::proptest_cases(3_000))]

    // Goal: no text and no record make anything panic.
    #[test]
    fn any_text_is_a_filter_or_refused(
        parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..20),
        record in prop::sample::select(vec!["null", "{\"a\":[1,{\"b\":null}]}", "[1,\"a\",[2.5]]", "\"aé\""]),
    ) {
        if let Ok(mapping) = Mapping::compile("test.jq", &parts.concat()) {
            let outcome = mapping.apply(record.as_bytes());
            if let Err(Outcome::Rejected(rejection)) = outcome {
                let advice = rejection.advice;
                prop_assert!(!advice.contains("makes jaq fail"), "{} {advice}", parts.concat());
            }
        }
    }
}

const PARTS: [&str; 70] = [
    ".",
    ".a",
    ".[",
    "]",
    "[",
    "(",
    ")",
    "{",
    "}",
    "|",
    ",",
    ";",
    ":",
    "?",
    "//",
    " as $x |",
    "$x",
    " and ",
    " or ",
    "not",
    "if ",
    " then ",
    " else ",
    " end",
    "reduce ",
    "foreach ",
    " as [$a, {b: $c}]",
    "def f: ",
    "def g(h): ",
    "f",
    "g(.)",
    "try ",
    " catch ",
    "\"",
    "\"a\"",
    "\\(",
    "\\u00",
    "1",
    "-1",
    "1e400",
    "1.5",
    "+",
    "-",
    "*",
    "/",
    "%",
    "=",
    "|=",
    "+=",
    "==",
    "<",
    "..",
    "..[1:]",
    ".[0:-1]",
    "empty",
    "error",
    "map(.)",
    "del(.a)",
    "length",
    "sort",
    "group_by(.)",
    "tojson",
    "fromjson",
    "join(\",\")",
    "explode",
    "implode",
    "todate",
    "#",
    "é",
    "label $x | break $x",
];
