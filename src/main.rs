//! The thin binary.
use std::sync::Arc;
fn main() {
    let _: Option<Arc<()>> = None;
    let mut replay = vaste::replay::Replay::new(None);
    let args: Vec<String> = std::env::args().skip(1).collect();
    let source = vaste::input::Source::from_argument(&args[0]);
    let mut r = source.open(|_| {}).unwrap();
    vaste::input::read_lines(&source, &mut *r, |_n, line| {
        if let vaste::input::Line::Record(bytes) = line { replay.take(vaste::event::decode(bytes)); }
    }).unwrap();
    eprintln!("{}", replay.outcomes());
    let at: Vec<_> = args[1..].iter().map(|a| vaste::time::Timestamp::parse(a).unwrap()).collect();
    let instants = replay.instants(&at, None);
    let mut readings = replay.into_readings();
    for at in instants {
        for r in readings.at(at).readings() { println!("{}", serde_json::to_string(&r).unwrap()); }
    }
}
