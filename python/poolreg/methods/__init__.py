"""The built-in methods: one method, one file, and the file bears the method's name.

A file is found by its name and imported when the method is first used; it registers its method with
``register_method``, as a third party's does.
"""
