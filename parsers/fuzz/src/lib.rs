//! What every text target asks of a log reader, whatever the bytes: it neither panics nor runs away, every record
//! stands where a line stands, and it makes no difference how the input is cut into chunks.

use dumpview_parsers::log::{LogReader, Record};

/// One record as text, since records borrow from what is gone when the next one comes.
fn shown(record: &Record<'_>) -> String {
    format!("{record:?}")
}

fn read(data: &[u8], chunk: usize) -> Vec<String> {
    let mut reader = LogReader::new();
    let mut records = Vec::new();
    let lines = data.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    let mut each = |record: Record<'_>| {
        assert!(
            record.place.line >= 1 && record.place.line <= lines,
            "{record:?}"
        );
        assert!(record.place.offset <= data.len() as u64, "{record:?}");
        records.push(shown(&record));
    };
    for part in data.chunks(chunk.max(1)) {
        reader.push(part, &mut each);
    }
    reader.finish(&mut each);
    records
}

/// Reads `data` whole and in pieces. The first byte says how large the pieces are.
pub fn text(data: &[u8]) {
    let Some((first, data)) = data.split_first() else {
        return;
    };
    let whole = read(data, usize::MAX);
    // A line is at most split where it touches a foreign one: records are bounded by bytes.
    assert!(
        whole.len() <= 2 * data.len() + 2,
        "{} records of {} bytes",
        whole.len(),
        data.len()
    );
    let pieces = read(data, usize::from(*first) + 1);
    assert_eq!(whole, pieces);
}
