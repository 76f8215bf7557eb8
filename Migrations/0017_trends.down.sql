DROP TRIGGER analyses_trend_rows ON analyses;
DROP TRIGGER analyses_trend_rows_new ON analyses;
DROP FUNCTION keep_trend_rows();
DROP TABLE trend_rows;
DROP FUNCTION trend_topics(text, text[]), trend_subject(text), look_counts(jsonb, jsonb);
