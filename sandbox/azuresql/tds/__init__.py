"""The wire: TDS 7.3 B to 8.0 as [MS-TDS] describes it. No statement is understood here."""
