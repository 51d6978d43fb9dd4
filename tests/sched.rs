//! `dumpview sched` on recorded traces of Go 1.3 to 1.27, compared with what a second matcher finds in their lines.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::run;
    use crate::samples::{self, name, text};
    use regex::Regex;
    use serde_json::Value;
    use std::path::{Path, PathBuf};

    fn corpus(name: &str) -> PathBuf {
        samples::corpus("logs/schedtrace").join(name)
    }

    fn document(path: &Path, more: &[&str]) -> Value {
        let ran = run([&["sched", "--json", path.to_str().unwrap()], more].concat());
        assert_eq!(ran.status, 0, "{}: {}", path.display(), ran.err);
        ran.json()
    }

    #[test]
    fn every_sample_agrees_with_a_naive_matcher() {
        let head = Regex::new(r"SCHED (\d+)ms: (.*)").unwrap();
        let pair = Regex::new(r"(\w+)=(\d+)").unwrap();
        let list = Regex::new(r" \[ ?([\d ]*?) ?\](?: schedticks=\[ ([\d ]*?) \])?$").unwrap();
        let (mut samples, mut goroutines) = (0, 0);
        for path in samples::all("logs/schedtrace") {
            let name = name(&path);
            let text = text(&path);
            if !head.is_match(&text) {
                continue;
            }
            let document = document(&path, &[]);
            let mut got = document["samples"].as_array().unwrap().iter();
            let mut lines = text.lines().peekable();
            while let Some(line) = lines.next() {
                let Some(found) = head.captures(line) else {
                    continue;
                };
                let sample = got.next().unwrap_or_else(|| panic!("{name}: {line}"));
                assert_eq!(sample["millis"], found[1].parse::<u64>().unwrap(), "{name}");
                for field in pair.captures_iter(found[2].split(" schedticks").next().unwrap()) {
                    if let Some(value) = sample[&field[1]].as_u64() {
                        assert_eq!(
                            value,
                            field[2].parse::<u64>().unwrap(),
                            "{name}: {line}: {}",
                            &field[1]
                        );
                    }
                }
                let numbers = |text: &str| -> Vec<Value> {
                    text.split(' ')
                        .filter(|word| !word.is_empty())
                        .map(|word| Value::from(word.parse::<u64>().unwrap()))
                        .collect()
                };
                if let Some(found) = list.captures(line) {
                    assert_eq!(
                        sample["local"],
                        Value::Array(numbers(&found[1])),
                        "{name}: {line}"
                    );
                    if let Some(ticks) = found.get(2) {
                        assert_eq!(
                            sample["schedticks"],
                            Value::Array(numbers(ticks.as_str())),
                            "{name}: {line}"
                        );
                    }
                } else {
                    let (mut ps, mut ms, mut gs) = (0, 0, 0);
                    let mut queued = 0;
                    while let Some(detail) = lines.next_if(|line| !line.contains("SCHED ")) {
                        ps += usize::from(detail.starts_with("  P"));
                        ms += usize::from(detail.starts_with("  M"));
                        gs += usize::from(detail.starts_with("  G"));
                        if let Some((_, size)) = detail.split_once("runqsize=") {
                            queued += size.split(' ').next().unwrap().parse::<u64>().unwrap();
                        }
                    }
                    let length = |key: &str| sample[key].as_array().map_or(0, Vec::len);
                    assert_eq!(
                        (length("ps"), length("ms"), length("gs")),
                        (ps, ms, gs),
                        "{name}: {line}"
                    );
                    let local: u64 = sample["local"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|n| n.as_u64().unwrap())
                        .sum();
                    assert_eq!(local, queued, "{name}: {line}");
                    goroutines += gs;
                }
                samples += 1;
            }
            assert!(got.next().is_none(), "{name}: samples that are not there");
        }
        assert!(
            samples > 150 && goroutines > 1000,
            "{samples} samples, {goroutines} goroutines compared"
        );
    }

    #[test]
    fn the_seed_gives_the_numbers_of_its_article() {
        for name in [
            "legacy-seed-go1.3.txt",
            "legacy-seed-go1.3-numbered-paste.txt",
        ] {
            let document = document(&corpus(name), &[]);
            let third = &document["samples"][2];
            assert_eq!(third["millis"], 3008);
            assert_eq!(third["threads"], 11);
            assert_eq!(third["runqueue"], 10);
            assert_eq!(third["local"], serde_json::json!([2, 2, 2, 1]));
            assert_eq!(document["summary"]["runnable_max"], 17);
            assert_eq!(document["findings"][0]["id"], "sched.saturated");
        }
    }

    #[test]
    fn one_sample_is_shown_in_full() {
        let path = corpus("chatrelay-detail-go1.27.3.txt.gz");
        let document = document(&path, &["--at", "500ms"]);
        let samples = document["samples"].as_array().unwrap();
        assert_eq!(samples.len(), 1);
        assert!(samples[0]["millis"].as_u64().unwrap() <= 500);
        assert!(!samples[0]["gs"].as_array().unwrap().is_empty());
        let ran = run(["sched", path.to_str().unwrap(), "--at", "soon"]);
        assert_eq!(ran.status, 2);
    }

    #[test]
    fn the_report_reads_as_recorded() {
        for (name, file) in [
            ("sched_orders", "orders-go1.27.3.txt.gz"),
            ("sched_detail", "chatrelay-detail-go1.24.11.txt.gz"),
        ] {
            let ran = run(["sched", corpus(file).to_str().unwrap()]);
            insta::assert_snapshot!(name, ran.out);
        }
    }

    #[test]
    fn csv_has_a_line_a_sample() {
        let path = corpus("orders-go1.27.3.txt.gz");
        let out = run(["sched", "--csv", path.to_str().unwrap()]).out;
        let fields: Vec<usize> = out.lines().map(|line| line.split(',').count()).collect();
        assert!(fields.len() > 15);
        assert!(fields.iter().all(|count| *count == fields[0]), "{out}");
    }

    #[test]
    fn an_input_without_a_sample_says_what_to_do() {
        let ran = run(["sched", "/dev/null"]);
        assert_eq!(ran.status, 1);
        assert!(ran.err.contains("GODEBUG=schedtrace=1000"), "{}", ran.err);
    }
}
