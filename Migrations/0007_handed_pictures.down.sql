DROP TABLE handed_pictures;
