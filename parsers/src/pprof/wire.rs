//! Protocol buffers: the fields of a message, one by one.

use super::error::ReadError;

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value<'a> {
    /// Wire type 0, and the fixed widths.
    Number(u64),
    /// Wire type 2, with the offset of the first byte in the file.
    Bytes(&'a [u8], usize),
}

/// A field of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field<'a> {
    /// Its number.
    pub number: u64,
    /// What it holds.
    pub value: Value<'a>,
    /// Where it begins in the file.
    pub at: usize,
}

impl<'a> Field<'a> {
    /// Its bytes, and where they begin.
    pub fn bytes(&self) -> Result<(&'a [u8], usize), ReadError> {
        match self.value {
            Value::Bytes(bytes, at) => Ok((bytes, at)),
            Value::Number(_) => Err(self.wrong(0)),
        }
    }

    /// Its number.
    pub fn number(&self) -> Result<u64, ReadError> {
        match self.value {
            Value::Number(number) => Ok(number),
            Value::Bytes(..) => Err(self.wrong(2)),
        }
    }

    /// Its number, which has a sign.
    pub fn signed(&self) -> Result<i64, ReadError> {
        self.number().map(u64::cast_signed)
    }

    /// Its number as one of a list, or all of a packed list.
    #[inline]
    pub fn each(&self, mut take: impl FnMut(u64)) -> Result<(), ReadError> {
        match self.value {
            Value::Number(number) => take(number),
            Value::Bytes(bytes, start) => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let at = start + (bytes.len() - rest.len());
                    take(varint(&mut rest).ok_or(ReadError::Varint { at })?);
                }
            }
        }
        Ok(())
    }

    fn wrong(&self, found: u8) -> ReadError {
        ReadError::WireType {
            at: self.at,
            field: self.number,
            found,
        }
    }
}

/// The fields of a message; ends after an error.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    /// The fields of a message that begins at an offset of the file.
    pub const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { rest: bytes, at }
    }

    fn one(&mut self) -> Result<Field<'a>, ReadError> {
        let at = self.at;
        let end = at + self.rest.len();
        let key = varint(&mut self.rest).ok_or(ReadError::Varint { at })?;
        let number = key >> 3;
        let wire = (key & 7) as u8;
        let value = match wire {
            0 => Value::Number(varint(&mut self.rest).ok_or(ReadError::Varint { at })?),
            1 => Value::Number(u64::from_le_bytes(*self.fixed(at, number)?)),
            5 => Value::Number(u64::from(u32::from_le_bytes(*self.fixed(at, number)?))),
            2 => {
                let needs = varint(&mut self.rest).ok_or(ReadError::Varint { at })?;
                let start = end - self.rest.len();
                let split = usize::try_from(needs).ok();
                let split = split.and_then(|len| self.rest.split_at_checked(len));
                let (bytes, rest) = split.ok_or(ReadError::Short {
                    at,
                    field: number,
                    needs,
                    left: self.rest.len(),
                })?;
                self.rest = rest;
                Value::Bytes(bytes, start)
            }
            found => {
                return Err(ReadError::WireType {
                    at,
                    field: number,
                    found,
                });
            }
        };
        self.at = end - self.rest.len();
        Ok(Field { number, value, at })
    }

    fn fixed<const N: usize>(&mut self, at: usize, field: u64) -> Result<&'a [u8; N], ReadError> {
        let left = self.rest.len();
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(ReadError::Short {
            at,
            field,
            needs: N as u64,
            left,
        })?;
        self.rest = rest;
        Ok(bytes)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let one = self.one();
        if one.is_err() {
            self.rest = &[];
        }
        Some(one)
    }
}

/// A number, which takes what it is made of; `None` when it does not end. Almost all are of one byte or two.
#[inline]
pub fn varint(bytes: &mut &[u8]) -> Option<u64> {
    match *bytes {
        [only, rest @ ..] if *only < 0x80 => {
            *bytes = rest;
            Some(u64::from(*only))
        }
        [low, high, rest @ ..] if *high < 0x80 => {
            *bytes = rest;
            Some(u64::from(low & 0x7f) | u64::from(*high) << 7)
        }
        _ => long_varint(bytes),
    }
}

fn long_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            *bytes = bytes.get(index + 1..)?;
            return Some(number);
        }
    }
    None
}
