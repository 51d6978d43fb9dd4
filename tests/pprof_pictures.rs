//! What `dumpview pprof` makes of a profile to be looked at elsewhere (SVG, HTML, speedscope), and of several profiles, and of a
//! profile among other inputs: the same numbers as in the model, which `pprof_*` hold against `go tool pprof`.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::{Call, Ran};
    use crate::samples::{bytes, corpus};
    use dumpview_parsers::pprof::{self, Builder, Profile, Sample, ValueType};
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    fn run(folder: &Path, args: &[&str]) -> Ran {
        let words = std::iter::once("pprof").chain(args.iter().copied());
        let ran = Call::new(words).folder(folder).run();
        assert_eq!(ran.status, 0, "{args:?}: {}", ran.err);
        ran
    }

    fn json(folder: &Path, args: &[&str]) -> Value {
        run(folder, &[args, &["--json"]].concat()).json()
    }

    /// Profiles of each kind: of work, of memory with a difference, of waits.
    fn profiles() -> Vec<(PathBuf, Vec<&'static str>)> {
        let (server, judged) = (corpus("pprof/go1.27.3"), corpus("pprof/judged/go1.27.3"));
        vec![
            (server.clone(), vec!["cpu.pb.gz"]),
            (
                server.clone(),
                vec!["heap.pb.gz", "-sample_index=alloc_space"],
            ),
            (server, vec!["block.pb.gz"]),
            (judged, vec!["-base=before.pb.gz", "after.pb.gz"]),
            // Here some places gave memory back.
            (
                corpus("pprof/go1.23.9"),
                vec!["-base=heap.before.pb.gz", "heap.pb.gz"],
            ),
        ]
    }

    fn unmarked(text: &str) -> String {
        let text = text.replace("&lt;", "<").replace("&gt;", ">");
        let text = text.replace("&quot;", "\"").replace("&#39;", "'");
        text.replace("&amp;", "&")
    }

    fn attribute<'l>(line: &'l str, name: &str) -> &'l str {
        let start = format!(" {name}=\"");
        let rest = line.split_once(&start);
        let (_, rest) = rest.unwrap_or_else(|| panic!("no {name}: {line}"));
        rest.split_once('"').unwrap().0
    }

    /// A call in a picture.
    #[derive(PartialEq, Debug)]
    struct Drawn {
        name: String,
        depth: usize,
        start: u64,
        width: u64,
    }

    fn drawn(page: &str) -> Vec<Drawn> {
        let calls = page
            .lines()
            .filter(|line| line.starts_with("<g class=\"f\""));
        let calls = calls.map(|line| Drawn {
            name: unmarked(attribute(line, "data-n")),
            depth: attribute(line, "data-d").parse().unwrap(),
            start: attribute(line, "data-x").parse().unwrap(),
            width: attribute(line, "data-w").parse().unwrap(),
        });
        calls.collect()
    }

    /// What the picture has to be: each call begins where its sisters before it end.
    fn expected(flame: &Value) -> Vec<Drawn> {
        let mut next = vec![0u64];
        let mut all = Vec::new();
        let amount = |node: &Value, of: &str| node[of].as_i64().unwrap().unsigned_abs();
        for node in flame["nodes"].as_array().unwrap() {
            let depth = usize::try_from(node["depth"].as_u64().unwrap()).unwrap();
            let width = amount(node, "value") + amount(node, "before");
            let start = next[depth];
            next.truncate(depth);
            next.extend([start + width, start]);
            all.push(Drawn {
                name: node["name"].as_str().unwrap().to_owned(),
                depth,
                start,
                width,
            });
        }
        let total = all[0].width;
        all.retain(|call| call.width * 1_000_000 >= total);
        all
    }

    /// Whether a page needs nothing but itself.
    fn assert_self_contained(page: &str) {
        let page = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        for fetching in [
            "http://", "https://", "src=", "href=", "url(", "@import", "<link", "fetch(", "import(",
        ] {
            assert!(!page.contains(fetching), "{fetching}");
        }
    }

    #[test]
    fn a_picture_has_each_call_where_the_model_has_it() {
        let mut compared = 0;
        for (folder, args) in profiles() {
            let flame = json(&folder, &[&["flame"], &args[..]].concat());
            let svg = run(&folder, &[&["svg"], &args[..]].concat()).out;
            assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"));
            assert_self_contained(&svg);
            let (calls, of_model) = (drawn(&svg), expected(&flame));
            assert_eq!(calls, of_model, "{args:?}");
            compared += calls.len();
            // Rectangles are as wide as that.
            let total = ratio(calls[0].width, 1);
            for line in svg.lines().filter(|line| line.starts_with("<g class")) {
                let (_, rect) = line.split_once("<rect").unwrap();
                let number = |name: &str| attribute(rect, name).parse::<f64>().unwrap();
                let of = |name: &str| ratio(attribute(line, name).parse().unwrap(), 1);
                let (x, width) = (of("data-x") / total * 1180.0, of("data-w") / total * 1180.0);
                assert!((number("x") - 10.0 - x).abs() < 0.01, "{line}");
                assert!((number("width") - width).abs() < 0.01, "{line}");
            }
            // The page has the same picture, and its table the rows of `top`.
            let page = run(&folder, &[&["html"], &args[..]].concat()).out;
            assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
            assert_self_contained(&page);
            assert_eq!(drawn(&page), of_model, "{args:?}");
            // What was before is marked as such there, and shares are of it.
            let before = args.iter().map(|arg| arg.replace("-base", "-diff_base"));
            let before: Vec<String> = before.collect();
            let before: Vec<&str> = before.iter().map(String::as_str).collect();
            let top = run(&folder, &[&["top", "-nodecount=80"], &before[..]].concat()).out;
            let (_, rows) = top.split_once("cum%\n").unwrap();
            let rows: Vec<Vec<String>> = rows.lines().map(row_of_top).collect();
            let on_page = page.lines().filter(|line| line.starts_with("<tr data-n"));
            let on_page: Vec<Vec<String>> = on_page.map(row_of_page).collect();
            assert_eq!(on_page, rows, "{args:?}");
            assert!(page.contains("id=\"search\""));
            compared += rows.len();
        }
        assert!(compared > 1000, "{compared}");
    }

    #[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
    fn ratio(part: u64, whole: u64) -> f64 {
        part as f64 / whole as f64
    }

    /// Flat, its share, cum, its share, name.
    fn row_of_top(line: &str) -> Vec<String> {
        let line = line
            .trim_end_matches(" (inline)")
            .trim_end_matches(" (partial-inline)");
        let mut words = line.split_whitespace();
        let mut numbers: Vec<String> = words.by_ref().take(5).map(str::to_owned).collect();
        numbers.remove(2);
        numbers.push(words.collect::<Vec<_>>().join(" "));
        numbers
    }

    fn row_of_page(line: &str) -> Vec<String> {
        let cells = line.split("<td>").skip(1);
        let cells = cells.map(|cell| unmarked(cell.split_once("</td>").unwrap().0));
        cells.collect()
    }

    /// What a browser gives the script of a picture, as little of it as that asks for.
    const BROWSER: &str = r#"
var fs = require("fs"), page = fs.readFileSync(process.argv[2], "utf8");
function element(text) {
  return { textContent: text || "", style: {}, dataset: {}, parts: {}, setAttribute: function () {}, addEventListener: function () {},
    querySelector: function (name) { return this.parts[name] = this.parts[name] || element(); } };
}
function told(text) { return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, "&"); }
var frames = page.split("\n").filter(function (line) { return line.startsWith('<g class="f"'); }).map(function (line) {
  var g = element();
  ["x", "w", "d", "n"].forEach(function (name) { g.dataset[name] = told(line.match(new RegExp(" data-" + name + '="([^"]*)"'))[1]); });
  g.parts.title = element(told(line.match(/<title>(.*)<\/title>/)[1]));
  return g;
});
var named = {};
global.document = { documentElement: element(), querySelectorAll: function () { return frames; },
  getElementById: function (id) { return named[id] = named[id] || element(); } };
global.window = element();
var script = page.split("<![CDATA[")[1].split("]]>")[0];
new Function(script + "\nsearch(" + JSON.stringify(process.argv[3]) + "); show(all.findIndex(function (of) { return of.d === 1; }));")();
console.log(named.found.textContent);
console.log(frames.filter(function (g) { return g.style.display !== "none"; }).length);
"#;

    #[test]
    fn a_picture_is_searched_and_zoomed_in_a_browser() {
        let work = tempfile::tempdir().unwrap();
        let at = |name: &str| work.path().join(name);
        std::fs::write(at("browser.js"), BROWSER).unwrap();
        if Command::new("node").arg("--version").output().is_err() {
            println!("nothing was searched: there is no node");
            return;
        }
        let (folder, args) = (corpus("pprof/go1.27.3"), ["cpu.pb.gz"]);
        let svg = run(&folder, &[&["svg"], &args[..]].concat()).out;
        std::fs::write(at("picture.svg"), &svg).unwrap();
        let calls = drawn(&svg);
        for word in [
            "treeHandler",
            "^runtime\\.",
            "compress/flate",
            "nothing of it",
        ] {
            let shown = Command::new("node")
                .args([at("browser.js"), at("picture.svg")])
                .arg(word)
                .output()
                .unwrap();
            assert!(shown.status.success(), "{shown:?}");
            let shown = String::from_utf8(shown.stdout).unwrap();
            // What lies within a call that is found was counted with it.
            let pattern = regex_lite(word);
            let (mut sum, mut end) = (0, None);
            for call in calls.iter().filter(|call| pattern(&call.name)) {
                if end.is_none_or(|end| call.start >= end) {
                    sum += call.width;
                    end = Some(call.start + call.width);
                }
            }
            let share = 100.0 * ratio(sum, calls[0].width);
            // Zoomed to the widest call, it and what it calls are shown, and the whole above it.
            let zoomed = calls.iter().find(|call| call.depth == 1).unwrap();
            let inside = calls.iter().filter(|call| {
                let width = ratio(call.width, zoomed.width) * 1180.0;
                let is_inside = call.start + call.width <= zoomed.start + zoomed.width;
                call.depth == 0 || is_inside && call.start >= zoomed.start && width >= 0.2
            });
            assert_eq!(
                shown,
                format!("matched {share:.1}%: {word}\n{}\n", inside.count())
            );
        }
    }

    /// The few patterns of this test.
    fn regex_lite(word: &str) -> impl Fn(&str) -> bool {
        let bare = word.trim_start_matches('^').replace('\\', "");
        let is_start = word.starts_with('^');
        move |name| {
            if is_start {
                name.starts_with(&bare)
            } else {
                name.contains(&bare)
            }
        }
    }

    #[test]
    fn speedscope_gets_the_stacks_that_folded_ones_are() {
        let mut compared = 0;
        for (folder, args) in profiles() {
            let document = run(&folder, &[&["speedscope"], &args[..]].concat()).out;
            let document: Value = serde_json::from_str(&document).unwrap();
            let schema = "https://www.speedscope.app/file-format-schema.json";
            assert_eq!(document["$schema"], schema);
            let frames = document["shared"]["frames"].as_array().unwrap();
            let name = |at: &Value| {
                let at = usize::try_from(at.as_u64().unwrap()).unwrap();
                frames[at]["name"].as_str().unwrap().replace(';', ":")
            };
            let mut stacks: BTreeMap<String, i64> = BTreeMap::new();
            let mut end = 0;
            // What is less is a profile of its own: weights are never negative there.
            let profiles = document["profiles"].as_array().unwrap();
            for (of, sign) in profiles.iter().zip([1, -1]) {
                assert_eq!(of["type"], "sampled");
                let (samples, weights) = (of["samples"].as_array(), of["weights"].as_array());
                let (samples, weights) = (samples.unwrap(), weights.unwrap());
                assert_eq!(samples.len(), weights.len());
                assert!(!samples.is_empty(), "{args:?}");
                for (stack, weight) in samples.iter().zip(weights) {
                    let stack: Vec<String> = stack.as_array().unwrap().iter().map(name).collect();
                    let weight = weight.as_i64().unwrap();
                    assert!(weight > 0, "{args:?}");
                    *stacks.entry(stack.join(";")).or_default() += sign * weight;
                }
                end += sign * of["endValue"].as_i64().unwrap();
            }
            let folded = run(&folder, &[&["folded"], &args[..]].concat()).out;
            let folded = folded.lines().map(|line| {
                let (stack, value) = line.rsplit_once(' ').unwrap();
                (stack.to_owned(), value.parse::<i64>().unwrap())
            });
            let folded: BTreeMap<String, i64> = folded.filter(|(_, value)| *value != 0).collect();
            assert_eq!(stacks, folded, "{args:?}");
            let has_less = folded.values().any(|value| *value < 0);
            assert_eq!(profiles.len(), if has_less { 2 } else { 1 }, "{args:?}");
            assert_eq!(end, folded.values().sum::<i64>());
            compared += folded.len();
        }
        assert!(compared > 200, "{compared}");
    }

    /// Memory of two functions at a time.
    fn look(seconds: i64, leak: i64, steady: i64) -> Profile {
        let mut builder = Builder::default();
        let places = ["main.main", "main.leak", "main.steady"].map(|name| builder.place(name));
        let mut profile = builder.profile;
        profile.sample_types = vec![
            ValueType::new("inuse_objects", "count"),
            ValueType::new("inuse_space", "bytes"),
        ];
        profile.time_nanos = (1_700_000_000 + seconds) * 1_000_000_000;
        for (at, value) in [(1, leak), (2, steady)] {
            profile.add(&Sample {
                locations: vec![places[at], places[0]],
                values: vec![1, value],
                labels: Vec::new(),
            });
        }
        profile
    }

    #[test]
    fn a_directory_of_profiles_is_a_trend_with_the_moment_from_which_on_it_grows() {
        const LEAK: [i64; 8] = [
            10 << 20,
            10 << 20,
            11 << 20,
            10 << 20,
            40 << 20,
            70 << 20,
            100 << 20,
            130 << 20,
        ];
        const STEADY: i64 = 64 << 20;
        let work = tempfile::tempdir().unwrap();
        let series = work.path().join("series");
        std::fs::create_dir(&series).unwrap();
        // Names are in another order than times, and not all that lies there is a profile.
        for (at, leak) in (0..).zip(LEAK) {
            let mut bytes = Vec::new();
            look(60 * at, leak, STEADY).write(&mut bytes).unwrap();
            let name = format!("{}.pb", at * 5 % 8);
            std::fs::write(series.join(name), bytes).unwrap();
        }
        std::fs::write(series.join("notes.txt"), "taken by night\n").unwrap();
        let told = json(work.path(), &["series", "series"]);
        let looks = told["looks"].as_array().unwrap();
        let times: Vec<i64> = looks
            .iter()
            .map(|look| look["time_unix_ns"].as_i64().unwrap() / 1_000_000_000 - 1_700_000_000)
            .collect();
        assert_eq!(times, [0, 60, 120, 180, 240, 300, 360, 420]);
        let functions = told["functions"].as_array().unwrap();
        let of = |name: &str| functions.iter().find(|of| of["function"] == name).unwrap();
        let leak = of("main.leak");
        assert_eq!(functions[0], *leak, "what grew most comes first");
        assert_eq!(leak["values"], serde_json::json!(LEAK));
        assert_eq!(leak["change"], 120 << 20);
        assert_eq!(leak["grows_since"], 4);
        assert!(of("main.steady")["grows_since"].is_null());
        assert_eq!(told["total"]["change"], 120 << 20);
        // Each number is what `top` says of that file.
        let mut compared = 0;
        for (at, look) in looks.iter().enumerate() {
            let top = json(work.path(), &["top", look["file"].as_str().unwrap()]);
            assert_eq!(top["total"], look["total"]);
            for row in top["rows"].as_array().unwrap() {
                let name = row["name"].as_str().unwrap();
                if name != "main.main" {
                    assert_eq!(of(name)["values"][at], row["flat"], "{name}");
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 16);
        // The fifth was taken at 22:17:20.
        let text = run(work.path(), &["series", "series"]).out;
        let line = text
            .lines()
            .find(|line| line.ends_with("main.leak"))
            .unwrap();
        assert!(
            line.contains("+120MB") && line.contains("2023-11-14 22:17:20"),
            "{text}"
        );
        let steady = text
            .lines()
            .find(|line| line.ends_with("main.steady"))
            .unwrap();
        assert!(!steady.contains("2023-"), "{text}");
        let csv = run(work.path(), &["series", "series", "--csv"]).out;
        let row = csv
            .lines()
            .find(|line| line.starts_with("main.leak,"))
            .unwrap();
        let file = looks[4]["file"].as_str().unwrap();
        assert!(
            row.starts_with(&format!("main.leak,125829120,{file},10485760,")),
            "{csv}"
        );
        // With all that it calls, main has grown too.
        let cum = json(work.path(), &["series", "-cum", "series"]);
        assert_eq!(
            cum["functions"]
                .as_array()
                .unwrap()
                .iter()
                .find(|of| of["function"] == "main.main")
                .unwrap()["grows_since"],
            4
        );
    }

    #[test]
    fn what_is_no_series_is_told() {
        let work = tempfile::tempdir().unwrap();
        std::fs::create_dir(work.path().join("empty")).unwrap();
        std::fs::write(work.path().join("empty/a.txt"), "text\n").unwrap();
        let heap = corpus("pprof/go1.27.3/heap.pb.gz");
        let heap = heap.to_str().unwrap();
        let cpu = corpus("pprof/go1.27.3/cpu.pb.gz");
        for (args, said) in [
            (&["empty"][..], "none of its 1 files is a profile"),
            (&["empty"], "a series is of two profiles at least"),
            (&[heap], "a series is of two profiles at least"),
            (
                &[heap, cpu.to_str().unwrap()],
                "a series is of one kind of profiles, and of these 1 count inuse_space, 1 count cpu",
            ),
            (
                &["-sample_index=nosuch", heap, heap],
                "sample_index \"nosuch\" must be one of",
            ),
        ] {
            let words = ["pprof", "series"].iter().chain(args);
            let ran = Call::new(words).folder(work.path()).run();
            assert!(
                ran.status > 0 && ran.err.contains(said),
                "{args:?}: {ran:?}"
            );
        }
    }

    #[test]
    fn a_directory_of_several_kinds_says_which_to_ask_and_what_grows_is_named() {
        let work = tempfile::tempdir().unwrap();
        let server = corpus("pprof/go1.27.3");
        for name in ["goroutine", "heap"] {
            for (at, from) in (0..).zip(["before.", ""]) {
                let from = server.join(format!("{name}.{from}pb.gz"));
                std::fs::copy(from, work.path().join(format!("{name}.{at}.pb.gz"))).unwrap();
            }
        }
        let folder = work.path().to_str().unwrap();
        // Whichever way it is asked of, the folder says what to ask.
        for args in [
            &["pprof", "series", folder][..],
            &[folder],
            &["pprof", folder],
        ] {
            let ran = Call::new(args.iter().copied()).run();
            assert!(ran.status > 0, "{ran:?}");
            assert!(ran.err.contains("dumpview pprof series"), "{ran:?}");
        }
        let series = |flags: &[&str]| {
            let args = [&["series", "-sample_index=goroutine", folder], flags].concat();
            json(work.path(), &args)
        };
        let own = series(&[]);
        assert_eq!(own["by"], "own");
        assert_eq!(own["looks"].as_array().unwrap().len(), 2);
        let rows = |series: &Value| -> Vec<(String, i64)> {
            let rows = series["functions"].as_array().unwrap().iter();
            rows.map(|row| {
                let name = row["function"].as_str().unwrap().to_owned();
                (name, row["change"].as_i64().unwrap())
            })
            .collect()
        };
        // Each goroutine that has a stack counts once, so that all changes together are what folded stacks are.
        let sum: i64 = rows(&own).iter().map(|(_, change)| change).sum();
        let args = ["folded", "-base=goroutine.before.pb.gz", "goroutine.pb.gz"];
        let folded = run(&server, &args).out;
        let folded = folded.lines().map(|line| line.rsplit_once(' ').unwrap().1);
        assert_eq!(
            sum,
            folded
                .map(|value| value.parse::<i64>().unwrap())
                .sum::<i64>()
        );
        // By flat what grows is what parks them all, whosever they are.
        assert!(!rows(&own)[0].0.starts_with("runtime."), "{own}");
        assert!(rows(&series(&["-flat"]))[0].0.starts_with("runtime."));
        let leaked = |series: &Value| {
            let mut rows = series["functions"].as_array().unwrap().iter();
            rows.any(|row| row["function"] == "main.leaked" && row["values"][0] == 17)
        };
        assert!(leaked(&own) && !leaked(&series(&["-flat"])), "{own}");
        assert_eq!(series(&["-flat"])["by"], "flat");
        assert_eq!(series(&["-cum"])["by"], "cum");
    }

    #[test]
    fn a_profile_stands_on_the_timeline_for_as_long_as_it_was_taken() {
        let mut compared = 0;
        for release in ["go1.19", "go1.27.3"] {
            for name in ["cpu.pb.gz", "heap.pb.gz", "heap.delta2s.pb.gz"] {
                let path = corpus("pprof").join(release).join(name);
                let whole = pprof::read(&bytes(&path)).unwrap();
                let told = Call::new(["timeline", "--json"]).args([&path]).run().json();
                let events = told["events"].as_array().unwrap();
                let event = events.iter().find(|of| of["lane"] == "profile");
                let event = event.unwrap_or_else(|| panic!("{release} {name}: {told}"));
                let zero = told["axis"]["zero_ns"].as_i64().unwrap();
                // What is the difference of two moments has the time of the second (net/http/pprof.go:serveDeltaProfile).
                let began = match name {
                    "heap.delta2s.pb.gz" => whole.time_nanos - whole.duration_nanos,
                    _ => whole.time_nanos,
                };
                assert_eq!(event["at_ns"].as_i64().unwrap() + zero, began);
                let span = event["span_ns"].as_i64().unwrap_or(0);
                assert_eq!(span, whole.duration_nanos, "{release} {name}");
                compared += 1;
            }
            // Two of them are one after the other.
            let both = ["heap.before.pb.gz", "cpu.pb.gz"];
            let both = both.map(|name| corpus("pprof").join(release).join(name));
            let told = Call::new(["timeline", "--json"]).args(&both).run().json();
            let events = told["events"].as_array().unwrap();
            let began: Vec<i64> = events
                .iter()
                .filter(|of| of["lane"] == "profile")
                .map(|of| of["at_ns"].as_i64().unwrap())
                .collect();
            let times = both.map(|path| pprof::read(&bytes(&path)).unwrap().time_nanos);
            assert_eq!(began.len(), 2, "{told}");
            assert_eq!(began[1] - began[0], (times[1] - times[0]).abs());
        }
        assert_eq!(compared, 6);
    }

    /// What each call changed by, by the way to it.
    fn changes(flame: &Value) -> BTreeMap<String, i64> {
        let mut way: Vec<&str> = Vec::new();
        let mut changes = BTreeMap::new();
        for node in flame["nodes"].as_array().unwrap() {
            let depth = usize::try_from(node["depth"].as_u64().unwrap()).unwrap();
            way.truncate(depth);
            way.push(node["name"].as_str().unwrap());
            let amount = |of: &str| node[of].as_i64().unwrap();
            changes.insert(way.join(";"), amount("value") - amount("before"));
        }
        changes
    }

    #[test]
    fn a_difference_that_was_saved_shows_what_shrank_too() {
        let work = tempfile::tempdir().unwrap();
        let heaps = corpus("pprof/go1.23.9");
        let at = |name: &str| heaps.join(name).display().to_string();
        let (base, new) = (
            format!("-base={}", at("heap.before.pb.gz")),
            at("heap.pb.gz"),
        );
        for kind in ["inuse_space", "inuse_objects"] {
            let kind = format!("-sample_index={kind}");
            run(work.path(), &["proto", &base, &new, "-o", "saved.pb.gz"]);
            let saved = json(work.path(), &["flame", &kind, "saved.pb.gz"]);
            assert_eq!(
                (&saved["is_difference"], &saved["is_net"]),
                (&Value::Bool(true), &Value::Bool(true))
            );
            let live = json(work.path(), &["flame", &kind, &base, &new]);
            assert_eq!(live["is_net"], false);
            let (mut saved, mut live) = (changes(&saved), changes(&live));
            // What did not change at all was not saved.
            saved.retain(|_, change| *change != 0);
            live.retain(|_, change| *change != 0);
            assert_eq!(saved, live, "{kind}");
            assert!(saved.len() > 10, "{saved:?}");
            let shrank = saved.values().filter(|change| **change < 0);
            assert!(shrank.count() > 10, "{saved:?}");
        }
        let text = run(work.path(), &["flame", "saved.pb.gz"]).out;
        assert!(text.contains("      less       more     change"), "{text}");
    }

    #[test]
    fn a_line_of_the_prompt_scales_a_difference_as_the_flag_does() {
        let judged = corpus("pprof/judged/go1.27.3");
        let told = |args: &[&str]| {
            let base = ["-base=before.pb.gz", "after.pb.gz", "-compact_labels"];
            run(&judged, &[&base, args].concat()).out
        };
        let plain = told(&["-x", "top5"]);
        let scaled = told(&["-normalize", "-x", "top5"]);
        assert_ne!(plain, scaled);
        assert_eq!(told(&["-x", "normalize=true", "-x", "top5"]), scaled);
        assert_eq!(
            told(&["-normalize", "-x", "normalize=false", "-x", "top5"]),
            plain
        );
        // Without a base there is nothing to scale to.
        let ran = Call::new(["pprof", "after.pb.gz", "-x", "normalize=true"]);
        let ran = ran.folder(&judged).run();
        assert!(
            ran.status == 2 && ran.err.contains("there is no base"),
            "{ran:?}"
        );
    }

    #[test]
    fn pictures_say_what_top_says() {
        let folder = corpus("pprof/go1.27.3");
        let svg = run(&folder, &["svg", "cpu.pb.gz"]).out;
        assert!(svg.contains("<title>main.treeHandler: 1.07s, 52.71%</title>"));
        let page = run(&folder, &["html", "cpu.pb.gz"]).out;
        assert!(page.contains("<li>") && page.contains("<table>"));
        let text = run(&folder, &["flame", "cpu.pb.gz"]).out;
        let handler = text
            .lines()
            .find(|line| line.trim_end().ends_with("main.treeHandler"));
        assert!(handler.unwrap().contains("52.71%"), "{text}");
        // A difference has what was before beside what is now.
        let judged = corpus("pprof/judged/go1.27.3");
        let flame = json(&judged, &["flame", "-base=before.pb.gz", "after.pb.gz"]);
        assert_eq!(flame["is_difference"], true);
        let mut nodes = flame["nodes"].as_array().unwrap().iter();
        let kept = nodes.find(|node| node["name"] == "main.keepBig").unwrap();
        assert_eq!(kept["before"], 0);
        assert!(kept["value"].as_i64().unwrap() > 30 << 20, "{kept}");
    }
}
