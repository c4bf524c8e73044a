"""The wire: TDS 7.4 as [MS-TDS] describes it. No statement is understood here."""
