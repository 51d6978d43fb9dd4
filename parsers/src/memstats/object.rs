//! A MemStats as fmt prints it, on one line.
//!
//! ```text
//! %+v  {Alloc:1 TotalAlloc:2 … PauseNs:[1 2 …] … BySize:[{Size:0 Mallocs:0 Frees:0} …]}
//! %#v  runtime.MemStats{Alloc:0x1, … PauseNs:[256]uint64{0x1, …}, … BySize:[61]struct { … }{struct { … }{Size:0x0, …}, …}}
//! %v   {1 2 … [1 2 …] [1 2 …] 9 0 0.07 true false [{0 0 0} …]}
//! ```

use super::records::{Field, Form, SizeClass, Snapshot, Value};
use super::value::metric;

/// The rings have this many entries (`runtime/mstats.go`, `MemStats.PauseNs`).
pub(super) const RING: usize = 256;
/// `BySize` has 61 (`_NumSizeClasses` was 67 or 68); room for more.
pub(super) const MOST_SIZES: usize = 256;

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn eat(&mut self, text: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// Up to one of these bytes.
    fn until(&mut self, ends: &[u8]) -> Option<&'a [u8]> {
        let at = self.0.iter().position(|b| ends.contains(b))?;
        let (word, rest) = self.0.split_at_checked(at)?;
        self.0 = rest;
        Some(word)
    }

    fn scalar(&mut self) -> Option<Value> {
        match self.until(b" ,]}")? {
            b"true" => Some(Value::Bool(true)),
            b"false" => Some(Value::Bool(false)),
            word => match word.strip_prefix(b"0x") {
                Some(digits) => {
                    let text = std::str::from_utf8(digits).ok()?;
                    Some(Value::Integer(u64::from_str_radix(text, 16).ok()?))
                }
                None => metric(word),
            },
        }
    }

    fn integer(&mut self) -> Option<u64> {
        match self.scalar()? {
            Value::Integer(n) => Some(n),
            _ => None,
        }
    }

    /// `, ` or ` `, when another element follows.
    fn next(&mut self, end: u8) -> Option<bool> {
        match self.0 {
            [byte, rest @ ..] if *byte == end => {
                self.0 = rest;
                Some(false)
            }
            [b',', b' ', rest @ ..] | [b' ', rest @ ..] => {
                self.0 = rest;
                Some(true)
            }
            _ => None,
        }
    }

    /// What opens an array, and the byte that will close it: `[`, or `[256]uint64{`.
    fn open_array(&mut self) -> Option<u8> {
        self.eat(b"[")?;
        let digits = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let Some(typed) = self
            .0
            .get(digits..)
            .and_then(|rest| rest.strip_prefix(b"]"))
            .filter(|_| digits > 0 && !self.0.starts_with(b"0x"))
        else {
            return Some(b']');
        };
        self.0 = typed;
        if self.eat(b"uint64{").is_none() {
            self.eat(b"struct { ")?;
            self.until(b"}")?;
            self.eat(b"}{")?;
        }
        Some(b'}')
    }

    fn ring(&mut self) -> Option<Vec<u64>> {
        let end = self.open_array()?;
        let mut ring = Vec::with_capacity(RING);
        loop {
            if ring.len() == RING {
                return None;
            }
            ring.push(self.integer()?);
            if !self.next(end)? {
                return (ring.len() == RING).then_some(ring);
            }
        }
    }

    fn sizes(&mut self) -> Option<Vec<SizeClass>> {
        let end = self.open_array()?;
        let mut sizes = Vec::new();
        loop {
            if self.0.starts_with(b"struct") {
                self.until(b"}")?;
                self.eat(b"}")?;
            }
            self.eat(b"{")?;
            let mut part = |name: &[u8], last: bool| {
                if self.0.starts_with(name) {
                    self.eat(name)?;
                    self.eat(b":")?;
                }
                let value = self.integer()?;
                (self.next(b'}')? != last).then_some(value)
            };
            let class = SizeClass {
                size: part(b"Size", false)?,
                mallocs: part(b"Mallocs", false)?,
                frees: part(b"Frees", true)?,
            };
            if sizes.len() == MOST_SIZES {
                return None;
            }
            sizes.push(class);
            if !self.next(end)? {
                return Some(sizes);
            }
        }
    }
}

/// Sets a scalar that has the type it has in Go; `%v` prints a whole float without a point.
fn set(snapshot: &mut Snapshot, field: Field, value: Value) -> Option<()> {
    let value = match (field, value) {
        (Field::GCCPUFraction, Value::Float(_)) => value,
        #[expect(clippy::cast_precision_loss, reason = "a fraction printed as 0 or 1")]
        (Field::GCCPUFraction, Value::Integer(n)) if n <= 1 => Value::Float(n as f64),
        (Field::EnableGC | Field::DebugGC, Value::Bool(_)) => value,
        (Field::GCCPUFraction | Field::EnableGC | Field::DebugGC, _) => return None,
        (_, Value::Integer(_)) => value,
        _ => return None,
    };
    snapshot.set(field, value);
    Some(())
}

/// `%+v` and `%#v`, from the `{` on, and whether it is whole; else it has the fields before the place where it breaks off.
pub(super) fn named(text: &[u8]) -> (Snapshot, bool) {
    let mut snapshot = Snapshot::new(Form::Format);
    let whole = fields(&mut Cursor(text), &mut snapshot).is_some();
    (snapshot, whole)
}

fn fields(cursor: &mut Cursor<'_>, snapshot: &mut Snapshot) -> Option<()> {
    cursor.eat(b"{")?;
    loop {
        let name = cursor.until(b": ,}")?;
        cursor.eat(b":")?;
        match name {
            b"PauseNs" => snapshot.pause_ns = cursor.ring()?,
            b"PauseEnd" => snapshot.pause_end = cursor.ring()?,
            b"BySize" => snapshot.by_size = cursor.sizes()?,
            _ => {
                let field = super::names::lookup(name).filter(|name| name.exact)?.field;
                let value = cursor.scalar()?;
                set(snapshot, field, value)?;
            }
        }
        if !cursor.next(b'}')? {
            return Some(());
        }
    }
}

/// `%v`, from the `{` on: it must have every value of the struct.
pub(super) fn positional(text: &[u8]) -> Option<Snapshot> {
    let mut cursor = Cursor(text);
    let mut snapshot = Snapshot::new(Form::Format);
    cursor.eat(b"{")?;
    let (before, after) = Field::ALL
        .get(..Field::SCALARS)?
        .split_at_checked(Field::BEFORE_ARRAYS)?;
    let scalars = |cursor: &mut Cursor<'_>, snapshot: &mut Snapshot, fields: &[Field]| {
        for field in fields {
            let value = cursor.scalar()?;
            set(snapshot, *field, value)?;
            cursor.eat(b" ")?;
        }
        Some(())
    };
    scalars(&mut cursor, &mut snapshot, before)?;
    snapshot.pause_ns = cursor.ring()?;
    cursor.eat(b" ")?;
    snapshot.pause_end = cursor.ring()?;
    cursor.eat(b" ")?;
    scalars(&mut cursor, &mut snapshot, after)?;
    snapshot.by_size = cursor.sizes()?;
    cursor.eat(b"}")?;
    Some(snapshot)
}
