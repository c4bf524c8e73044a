ALTER TABLE users
    ADD CONSTRAINT users_handle_key UNIQUE (handle),
    ADD CONSTRAINT users_email_key UNIQUE (email),
    ADD CONSTRAINT users_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES users (id);
ALTER TABLE tags ADD CONSTRAINT tags_name_key UNIQUE (name);
ALTER TABLE profiles ADD CONSTRAINT profiles_user_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE posts ADD CONSTRAINT posts_author_fkey FOREIGN KEY (author_id) REFERENCES users (id);
ALTER TABLE comments
    ADD CONSTRAINT comments_post_fkey FOREIGN KEY (post_id) REFERENCES posts (id),
    ADD CONSTRAINT comments_author_fkey FOREIGN KEY (author_id) REFERENCES users (id),
    ADD CONSTRAINT comments_parent_fkey FOREIGN KEY (parent_id) REFERENCES comments (id);
ALTER TABLE likes
    ADD CONSTRAINT likes_user_fkey FOREIGN KEY (user_id) REFERENCES users (id),
    ADD CONSTRAINT likes_post_fkey FOREIGN KEY (post_id) REFERENCES posts (id);
ALTER TABLE follows
    ADD CONSTRAINT follows_follower_fkey FOREIGN KEY (follower_id) REFERENCES users (id),
    ADD CONSTRAINT follows_followed_fkey FOREIGN KEY (followed_id) REFERENCES users (id);
ALTER TABLE messages
    ADD CONSTRAINT messages_sender_fkey FOREIGN KEY (sender_id) REFERENCES users (id),
    ADD CONSTRAINT messages_recipient_fkey FOREIGN KEY (recipient_id) REFERENCES users (id);
ALTER TABLE media
    ADD CONSTRAINT media_post_fkey FOREIGN KEY (post_id) REFERENCES posts (id);
ALTER TABLE post_tags
    ADD CONSTRAINT post_tags_post_fkey FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    ADD CONSTRAINT post_tags_tag_fkey FOREIGN KEY (tag_id) REFERENCES tags (id);
ALTER TABLE notifications
    ADD CONSTRAINT notifications_user_fkey FOREIGN KEY (user_id) REFERENCES users (id)
    ON DELETE CASCADE;

CREATE INDEX posts_author_idx ON posts (author_id, created_at DESC);
CREATE INDEX comments_post_idx ON comments (post_id);
CREATE INDEX likes_post_idx ON likes (post_id);
CREATE INDEX follows_followed_idx ON follows (followed_id);
CREATE INDEX messages_unread_idx ON messages (recipient_id) WHERE read_at IS NULL;
CREATE INDEX media_post_idx ON media (post_id);
CREATE INDEX notifications_user_idx ON notifications (user_id);
