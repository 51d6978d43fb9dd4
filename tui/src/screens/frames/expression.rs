//! Expressions that lead to a value which has not been read yet.

use dumpview_model::value::{Address, Data, Pointee, Value};

/// The expression for [`followed`].
pub fn followed_by(value: &Value, expr: &str) -> String {
    match &value.data {
        Data::Pointer {
            pointee: Pointee::Value(inner),
            ..
        } => followed_by(inner, &format!("(*{expr})")),
        Data::Interface {
            value: Some(inner), ..
        } => followed_by(inner, &format!("{expr}.(data)")),
        _ => expr.to_owned(),
    }
}

/// What a pointer or interface leads to, as far as it was read; else the value itself.
pub fn followed(value: &Value) -> &Value {
    match &value.data {
        Data::Pointer {
            pointee: Pointee::Value(inner),
            ..
        } => followed(inner),
        Data::Interface {
            value: Some(inner), ..
        } => followed(inner),
        _ => value,
    }
}

/// An expression that reads what is below a value, which `expr` leads to where a path of names does.
pub fn expression(expr: Option<&str>, value: &Value, addr: Option<Address>) -> Option<String> {
    match (&value.data, expr) {
        (
            Data::Pointer {
                pointee: Pointee::Value(inner),
                ..
            },
            expr,
        ) => {
            let pointee = expr.map(|expr| format!("(*{expr})"));
            expression(pointee.as_deref(), inner, None)
        }
        (
            Data::Interface {
                value: Some(inner), ..
            },
            expr,
        ) => {
            let dynamic = expr.map(|expr| format!("{expr}.(data)"));
            expression(dynamic.as_deref(), inner, None)
        }
        (Data::Pointer { .. }, Some(expr)) => Some(format!("*{expr}")),
        (_, Some(expr)) => Some(expr.to_owned()),
        (_, None) => by_address(value, addr),
    }
}

/// An expression from type and address.
pub fn by_address(value: &Value, addr: Option<Address>) -> Option<String> {
    match &value.data {
        Data::Pointer { addr, .. } => Some(format!("*({})({addr})", value.ty)),
        Data::Struct {
            addr: Some(addr), ..
        }
        | Data::Array {
            addr: Some(addr), ..
        } => Some(format!("*(*{})({addr})", value.ty)),
        _ => addr.map(|addr| format!("*(*{})({addr})", value.ty)),
    }
}
