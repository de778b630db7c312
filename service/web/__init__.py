"""What all pages and the API share: who is acting, headers, problem JSON, paging. Knows no feature."""
