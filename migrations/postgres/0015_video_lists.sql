-- Why a list of the provider's could not be read last, in words: sessions with IDnow, and documents of the person.
ALTER TABLE video_sessions ADD COLUMN sessions_why TEXT COLLATE "C";
ALTER TABLE video_sessions ADD COLUMN documents_why TEXT COLLATE "C";
