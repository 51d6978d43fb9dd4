//! Lines to decisions: merging, builds, damage.

use super::*;
use dumpview_parsers::escape::Category;
use dumpview_parsers::line::LineReader;
use proptest::prelude::*;

fn read(text: &str) -> Analysis {
    read_bytes(text.as_bytes())
}

fn read_bytes(text: &[u8]) -> Analysis {
    let mut collector = Collector::new();
    let mut lines = LineReader::new();
    lines.push(text, |line| collector.line(line));
    lines.finish(|line| collector.line(line));
    collector.finish()
}

/// `place what kind builds` of each decision.
fn decisions(analysis: &Analysis) -> Vec<String> {
    analysis
        .decisions
        .iter()
        .map(|decision| {
            let outcomes: Vec<String> = decision
                .outcomes
                .iter()
                .map(|outcome| {
                    let builds: Vec<String> =
                        outcome.builds.iter().map(|b| b.to_string()).collect();
                    format!("{} {}", outcome.kind.as_str(), builds.join(","))
                })
                .collect();
            format!(
                "{} {}: {}",
                analysis.place(decision.place),
                analysis.text(decision.what),
                outcomes.join("; ")
            )
        })
        .collect()
}

const TERSE: &str =
    "# p\n./x.go:5:2: can inline f\n./x.go:6:2: moved to heap: x\n./x.go:7:9: y does not escape\n";
const EXPLAINED: &str = "# p\n./x.go:5:2: can inline f with cost 3 as: func() { return &x }\n\
    ./x.go:6:2: x escapes to heap in f:\n\
    ./x.go:6:2:   flow: ~r0 ← &x:\n\
    ./x.go:6:2:     from &x (address-of) at ./x.go:8:9\n\
    ./x.go:6:2:     from return &x (return) at ./x.go:8:2\n\
    ./x.go:6:2: moved to heap: x\n./x.go:7:9: y does not escape\n";
const NO_INLINING: &str = "# p\n./x.go:6:2: x escapes to heap in f:\n\
    ./x.go:6:2:   flow: ~r0 ← &x:\n\
    ./x.go:6:2:     from &x (address-of) at ./x.go:8:9\n\
    ./x.go:6:2:     from return &x (return) at ./x.go:8:2\n\
    ./x.go:6:2: moved to heap: x\n./x.go:7:9: y escapes to heap\n";

#[test]
fn the_three_dialects_are_one_decision_each() {
    let all = read(&format!("{TERSE}{EXPLAINED}{NO_INLINING}{TERSE}"));
    assert_eq!(
        decisions(&all),
        [
            "./x.go:6:2 x: moved_to_heap 1,2,3,4",
            "./x.go:7:9 y: escapes_to_heap 3; does_not_escape 1,2,4",
        ]
    );
    let flags: Vec<&str> = all.builds.iter().map(Build::flags).collect();
    assert_eq!(flags, ["-m", "-m=2", "-m=2 -l", "-m"]);
    let x = &all.decisions[0];
    assert_eq!(x.flows.len(), 1);
    assert_eq!(x.flows[0].count, 2);
    assert_eq!(all.steps(&x.flows[0]).count(), 3);
    assert!(!x.varies());
    assert!(all.decisions[1].varies());
    let (function, trust) = x.function.unwrap();
    assert_eq!((&*all.text(function), trust), ("f", FunctionTrust::Named));
    assert_eq!(all.reason(x).unwrap().class, Class::Returned);
}

#[test]
fn memory_follows_what_is_distinct() {
    let once = read(EXPLAINED);
    let often = read(&EXPLAINED.repeat(500));
    assert_eq!(often.distinct, once.distinct);
    assert_eq!(often.pool.len(), once.pool.len());
    assert_eq!(often.build_count, 500);
    assert_eq!(often.builds.len(), BuildSet::LAST as usize);
    assert_eq!(often.decisions.len(), once.decisions.len());
    assert_eq!(often.decisions[0].outcomes[0].count, 500);
}

#[test]
fn explanations_of_parallel_compilers_come_apart() {
    let other = EXPLAINED.replace("x.go", "z.go").replace("&x", "&z");
    let mixed: String = EXPLAINED
        .lines()
        .skip(1)
        .zip(other.lines().skip(1))
        .flat_map(|(a, b)| [a, "\n", b, "\n"])
        .collect();
    let analysis = read(&mixed);
    for (file, wanted) in [("./x.go", "&x"), ("./z.go", "&z")] {
        let decision = analysis
            .decisions
            .iter()
            .find(|d| analysis.text(d.place.file) == file && d.place.line == 6)
            .unwrap();
        let expressions: Vec<String> = analysis
            .steps(&decision.flows[0])
            .filter_map(|step| match step {
                Step::From { expression, .. } => Some(analysis.text(expression).into_owned()),
                _ => None,
            })
            .collect();
        assert_eq!(expressions, [wanted.to_owned(), format!("return {wanted}")]);
    }
    assert_eq!(analysis.unrecognized.count, 0);
}

#[test]
fn a_title_joins_the_line_its_constant_was_folded_in() {
    let analysis = read(
        "# p\n./x.go:6:2: make([]byte, size) escapes to heap in f:\n\
         ./x.go:6:2:   flow: {heap} ← &{storage for make([]byte, size)}:\n\
         ./x.go:6:2:     from make([]byte, size) (non-constant size) at ./x.go:6:2\n\
         ./x.go:6:2: make([]byte, 32768) escapes to heap\n",
    );
    assert_eq!(
        decisions(&analysis),
        ["./x.go:6:2 make([]byte, 32768): escapes_to_heap 1"]
    );
    assert_eq!(
        analysis.reason(&analysis.decisions[0]).unwrap().class,
        Class::Size
    );
}

#[test]
fn a_line_cut_at_the_end_is_no_decision() {
    let cut = "# p\n./x.go:6:2: moved to heap: xyz\n./x.go:7:2: moved to heap: ab";
    let analysis = read(cut);
    assert_eq!(analysis.decisions.len(), 1);
    assert_eq!(analysis.incomplete.len(), 1);
    // What ends in fixed words shows that nothing is missing.
    let whole = read("# p\n./x.go:6:2: x escapes to heap");
    assert_eq!(whole.decisions.len(), 1);
    assert!(whole.incomplete.is_empty());
}

#[test]
fn windows_paths_line_ends_and_colours() {
    for (text, file) in [
        (
            "# p\r\nC:\\src\\x.go:6:2: moved to heap: x\r\n",
            r"C:\src\x.go",
        ),
        ("# p\r\n.\\x.go:6:2: moved to heap: x\r\n", r".\x.go"),
        (
            "\u{feff}# p\n\x1b[1m./x.go:6:2:\x1b[0m moved to heap: x\n",
            "./x.go",
        ),
        (
            "2026-11-21T02:23:36.1Z ./x.go:6:2: moved to heap: x\n",
            "./x.go",
        ),
    ] {
        let analysis = read(text);
        assert_eq!(analysis.decisions.len(), 1, "{text}");
        let decision = &analysis.decisions[0];
        assert_eq!(analysis.text(decision.place.file), file);
        assert_eq!(analysis.text(decision.what), "x");
        assert_eq!(analysis.unrecognized.count, 0);
    }
}

#[test]
fn test_variants_are_the_same_package_in_one_build() {
    let analysis = read(
        "# p\n./x.go:6:2: moved to heap: x\n# p [p.test]\n./x.go:6:2: moved to heap: x\n\
         # [p]\n./x.go:9:2: declared and not used: z\n",
    );
    assert_eq!(analysis.decisions.len(), 1);
    assert_eq!(analysis.build_count, 1);
    assert_eq!(analysis.counts.of(Category::Error), 1);
}

#[test]
fn inputs_made_to_be_slow_are_not() {
    let results: Vec<String> = (0..40_000)
        .map(|n| format!("./x.go:1:1: leaking param: p to result r level={n}\n"))
        .collect();
    let packages: Vec<String> = (0..40_000)
        .map(|n| format!("# p{}\n", 40_000 - n))
        .collect();
    let analysis = read(&(results.concat() + &packages.concat()));
    assert_eq!(analysis.decisions.len(), 1);
    assert!(analysis.decisions[0].outcomes.len() < 300);
    let lines: u32 = analysis.decisions[0].outcomes.iter().map(|o| o.count).sum();
    assert_eq!(lines, 40_000);
}

fn heap_lines(lines: &[(u32, &str)]) -> Analysis {
    let lines: Vec<String> = lines
        .iter()
        .map(|(line, what)| format!("./x.go:{line}:2: {what} escapes to heap\n"))
        .collect();
    let text = lines.concat();
    read(&format!("# p\n{text}"))
}

#[test]
fn diff_pairs_what_moved() {
    let old = heap_lines(&[
        (10, "a"),
        (11, "... argument"),
        (20, "... argument"),
        (30, "gone"),
    ]);
    // Two lines and a new call were put in front.
    let new = heap_lines(&[
        (11, "... argument"),
        (12, "a"),
        (13, "... argument"),
        (22, "... argument"),
    ]);
    let found = diff(&old, &new, &Select::default());
    let lines = |analysis: &Analysis, list: &[usize]| -> Vec<u32> {
        list.iter()
            .map(|i| analysis.decisions[*i].place.line)
            .collect()
    };
    assert_eq!(lines(&new, &found.appeared), [11]);
    assert_eq!(lines(&old, &found.went), [30]);
    assert_eq!(found.kept.len(), 3);
    let same = diff(&new, &new, &Select::default());
    assert!(same.appeared.is_empty() && same.went.is_empty());
}

#[test]
fn budgets_count_by_function() {
    let analysis = read(EXPLAINED);
    let over = Budget::parse("p.f").unwrap().check(&analysis);
    assert!(!over.is_kept());
    assert_eq!(over.rows[0].over[0].1, [0]);
    assert!(Budget::parse("p.f 1").unwrap().check(&analysis).is_kept());
    let unknown = Budget::parse("p.g").unwrap().check(&analysis);
    assert_eq!((unknown.is_kept(), unknown.rows[0].functions), (true, 0));
}

#[test]
fn allocations_go_to_the_innermost_line_with_a_decision() {
    let analysis = read(EXPLAINED);
    let mut profile = Profile::default();
    for line in [
        "heap profile: 1: 16 [2: 32] @ heap/2",
        "1: 16 [2: 32] @ 0x1010 0x2000",
        "#\t0x100f\truntime.newobject+0xf\t/go/src/runtime/malloc.go:1",
        "#\t0x200f\tp.f+0xf\t/src/x.go:6",
        "#\t0x300f\tp.caller+0xf\t/src/x.go:7",
        "1: 16 [2: 8] @ 0x3010",
        "#\t0x300f\tp.caller+0xf\t/src/x.go:99",
        "#\t0x200f\tp.f+0xf\t/src/x.go:6",
    ] {
        profile.line(line.as_bytes());
    }
    let join = join_allocations(&analysis, &profile);
    assert_eq!((join.total_bytes, join.unmatched_bytes), (40, 8));
    assert_eq!(join.sites.len(), 1);
    assert_eq!((join.sites[0].bytes, join.sites[0].live_bytes), (32, 16));
    assert_eq!(join.sites[0].decisions, [0]);
}

/// As Go 1.27.3 and 1.19 print what package `b` makes of a generic function of package `a`.
const INSTANTIATED: [&str; 2] = [
    "# m.com/esc/b\n\
     b/main.go:10:6: can inline grow with cost 3 as: func(int) []byte { return make([]byte, n) }\n\
     ./a/a.go:7:6: can inline a.(*List[main.point]).Add with cost 13 as: method(*a.List[main.point]) func(point) { }\n\
     ./a/a.go:7:23: v escapes to heap in (*List[main.point]).Add:\n\
     ./a/a.go:7:23:   flow: {heap} ← &v:\n\
     ./a/a.go:7:23:     from &v (address-of) at ./a/a.go:7:56\n\
     ./a/a.go:7:23: moved to heap: v\n\
     b/main.go:13:9: make([]byte, n) escapes to heap\n",
    "# m.com/esc/b\n\
     b/main.go:10:6: can inline grow with cost 3 as: func(int) []byte { return make([]byte, n) }\n\
     /tmp/esc/a/a.go:7:19: can inline a.(*List[go.shape.int_0]).Add with cost 8 as: func(uintptr) { }\n\
     /tmp/esc/a/a.go:7:23: moved to heap: v\n\
     b/main.go:13:9: make([]byte, n) escapes to heap\n",
];

#[test]
fn a_generic_function_is_of_the_package_that_declares_it() {
    let [newer, older] = INSTANTIATED;
    // Where the package itself is of the output, its directory says which it is.
    let both = format!(
        "# m.com/other\n/tmp/esc/a/b.go:3:6: can inline New with cost 3 as: func() {{ }}\n{older}"
    );
    let cases = [
        (newer, "m.com/esc/a.(*List[main.point]).Add"),
        (older, "a.(*List[go.shape.int_0]).Add"),
        (both.as_str(), "m.com/other.a.(*List[go.shape.int_0]).Add"),
    ];
    for (text, function) in cases {
        let analysis = read(text);
        let groups = group(&analysis, &Select::default(), GroupBy::Function);
        let mut keys: Vec<&str> = groups.iter().map(|group| group.key.as_str()).collect();
        keys.sort_unstable();
        let mut want = vec![function, "m.com/esc/b.grow"];
        want.sort_unstable();
        assert_eq!(keys, want);
    }
}

proptest! {
    #[test]
    fn any_cut_and_any_changed_byte_gives_an_analysis(
        cut in 0usize..900, at in 0usize..900, byte in any::<u8>()
    ) {
        let mut text = format!("{TERSE}{EXPLAINED}{NO_INLINING}").into_bytes();
        if let Some(changed) = text.get_mut(at) { *changed = byte; }
        text.truncate(cut);
        let analysis = read_bytes(&text);
        for decision in &analysis.decisions {
            analysis.reason(decision);
        }
    }

    #[test]
    fn reading_twice_gives_the_same(seed in 0usize..6) {
        let text = [TERSE, EXPLAINED, NO_INLINING].repeat(2)[seed..].concat();
        prop_assert_eq!(decisions(&read(&text)), decisions(&read(&text)));
    }
}
